"use strict";

// Puts the vectors that Swift made through the page's script: node highlights.js RESOURCES VECTORS
const fs = require("fs"), path = require("path"), vm = require("vm");
const [resources, vectors] = process.argv.slice(2);
const context = vm.createContext({atob, Uint8Array});
for (const name of ["methods.js", "reading.js"]) {
  vm.runInContext(fs.readFileSync(path.join(resources, name), "utf8"), context, name);
}
context.vectors = fs.readFileSync(vectors, "utf8");
const found = JSON.parse(vm.runInContext(
    `const given = JSON.parse(vectors), reading = new Reading(given.reading);
     JSON.stringify({
       methods: Object.keys(methods),
       normalizations: Object.keys(normalizations),
       cases: given.cases.map(c => ({parts: reading.parts(c.state), isSigned: reading.isSigned(c.state)})),
     })`,
    context));

const cases = JSON.parse(context.vectors).cases, problems = [];
const expect = (ok, text) => ok || problems.push(text);
const names = key => [...new Set(cases.map(c => c.state[key]))].sort().join();
expect(names("method") === found.methods.sort().join(), "the methods of Swift and of the page differ");
expect(names("normalization") === found.normalizations.sort().join(), "the normalisations differ");
cases.forEach((expected, index) => {
  const {parts, isSigned} = found.cases[index], name = JSON.stringify(expected.state);
  expect(isSigned === expected.isSigned, `${name}: signed`);
  expect(parts.length === expected.parts.length, `${name}: ${parts.length} parts`);
  expected.parts.forEach((part, i) => {
    const other = parts[i] ?? {};
    const isNear = (a, b) => Math.abs(a - b) <= 2e-3 * Math.max(1, Math.abs(b));
    expect(other.text === part.text && other.spaced === part.spaced, `${name}: text ${i}`);
    expect(isNear(other.weight, part.weight), `${name}: weight ${i}: ${other.weight}, not ${part.weight}`);
    expect(isNear(other.normalized, part.normalized),
           `${name}: normalised ${i}: ${other.normalized}, not ${part.normalized}`);
  });
});
for (const problem of problems.slice(0, 10)) console.log(problem);
console.log(`${cases.length} cases, ${problems.length} problems`);
process.exit(problems.length ? 1 : 0);
