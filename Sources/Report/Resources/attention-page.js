"use strict";

// The page around the views: choices, controls, tabs.
const find = id => document.getElementById(id);
const views = {
  highlight: highlightView,
  head: headView,
  model: modelView,
  neuron: neuronView
};
const state = Object.assign(
    {
      view: "highlight",
      example: 0,
      method: "last-layer-average",
      normalization: "min-max",
      source: "model",
      layer: 0,
      head: 0,
      token: 0,
      special: false,
      words: false,
      custom: [],
      shown: null,
      threshold: 0.1
    },
    JSON.parse(find("choices").textContent));
const sources = [...document.querySelectorAll("script.reading")], readings = [];
const reading = () => readings[state.example] ??= new Reading(JSON.parse(sources[state.example].textContent));
let drawing = 0;  // a slow drawing gives up when a later one has begun
function choice(label, name, options, wanted = () => true) {
  if (!wanted()) return;
  const box = document.createElement("label"), select = document.createElement("select");
  select.dataset.choice = name;
  for (const [value, text] of options)
    select.add(new Option(text, value, false, String(state[name]) === String(value)));
  select.onchange = () => {
    const v = select.value;
    state[name] = typeof state[name] === "number" ? +v : v;
    render();
  };
  box.append(label + " ", select);
  find("controls").append(box);
}
function tick(label, name) {
  const box = document.createElement("label"),
        input = Object.assign(document.createElement("input"), {type: "checkbox", checked: state[name]});
  input.dataset.choice = name;
  input.onchange = () => {
    state[name] = input.checked;
    render();
  };
  box.append(input, " " + label);
  find("controls").append(box);
}
const count = n => Array.from({length: n}, (_, i) => [i, String(i)]);
const tokenChoices = r => r.tokens.map((t, i) => [i, i + " " + t]);
function render() {
  const now = ++drawing, r = reading(), view = views[state.view];
  state.token = Math.min(state.token, r.length - 1);
  find("views").replaceChildren(
      ...Object.keys(views).filter(v => !state.only || v === state.only).map(name => {
        const button =
            Object.assign(document.createElement("button"), {type: "button", textContent: views[name].title});
        button.setAttribute("role", "tab");
        button.setAttribute("aria-selected", name === state.view);
        button.dataset.view = name;
        button.onclick = () => {
          state.view = name;
          render();
        };
        return button;
      }));
  const focused = document.activeElement?.dataset?.choice;
  find("controls").replaceChildren();
  choice(
      "Text", "example",
      Array.from({length: Math.max(sources.length, readings.length)}, (_, i) => [i, String(i + 1)]),
      () => Math.max(sources.length, readings.length) > 1);
  view.controls(r);
  if (focused) document.querySelector(`[data-choice="${focused}"]`)?.focus();
  const scores = (r.scores ?? []).map(s => `${s.label} ${(100 * s.probability).toFixed(1)} %`).join(", ");
  const cut = r.truncated ? ` The model read ${r.tokens_read} of the text's ${r.token_count} tokens.` : "";
  find("verdict").textContent = (r.label != null ? `Labelled ${r.label}. ` : "") +
      (r.prediction != null ? `Predicted ${r.prediction}${scores ? ` (${scores})` : ""}.` : "") + cut;
  find("note").textContent = "";
  view.draw(r, find("stage"), () => now !== drawing);
}
find("own")?.addEventListener("submit", async event => {
  event.preventDefault();
  find("status").textContent = "…";
  try {
    const answer = await fetch(
        "/v1/attention?" +
            new URLSearchParams(
                [...new URLSearchParams(location.search)].filter(([name]) => name === "token")),
        {
          method: "POST",
          headers: {"content-type": "application/json"},
          body: JSON.stringify({text: find("text").value, model: find("model").value})
        });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.error ?? answer.statusText);
    readings[Math.max(sources.length, readings.length)] = new Reading(data);
    state.example = readings.length - 1;
    find("status").textContent = "";
    render();
  } catch (error) {
    find("status").textContent = String(error.message ?? error);
  }
});
find("model")?.addEventListener("change", () => {
  const to = new URL(location.href);
  to.searchParams.set("model", find("model").value);
  location.href = to
});
document.querySelectorAll("[data-save]")
    .forEach(button => button.onclick = () => save[button.dataset.save](views[state.view].title));
if (sources.length) render();
const asked = new URLSearchParams(location.search).get("text");
if (asked && find("own")) {
  find("text").value = asked;
  find("own").requestSubmit();
}
