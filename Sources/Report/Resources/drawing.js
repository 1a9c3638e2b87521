"use strict";

// What the views draw with.
const svgName = "http://www.w3.org/2000/svg";
function svg(name, attributes, ...children) {
  const element = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
const clip = (text, length) => text.length > length ? text.slice(0, length - 1) + "…" : text;
// A number as it is read: with a true minus.
const figure = text => text.replace(/^-/, "\u2212");
const colourOf =
    index => ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A"][index % 7];
const pause = () => new Promise(done => setTimeout(done));
