"use strict";

// Saves what is on the stage as SVG, or the page with the reader's choices.
const save = {
  file(content, type, name) {
    const link = Object.assign(
        document.createElement("a"),
        {href: URL.createObjectURL(new Blob([content], {type})), download: name});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    find("note").textContent = name;
  },
  svg(title) {
    this.file(this.drawing(title), "image/svg+xml", `attention-${state.view}.svg`);
  },
  // The stage as a drawing of its own: a view's SVG as it is, a text with its marks where the browser put
  // them.
  drawing(title) {
    const stage = find("stage"), style = getComputedStyle(document.body), shown = stage.querySelector("svg");
    const box = (shown ?? stage).getBoundingClientRect();
    const root = shown ?
        shown.cloneNode(true) :
        svg("svg", {width: box.width, height: box.height, viewBox: `0 0 ${box.width} ${box.height}`});
    root.querySelector("title")?.remove();
    root.setAttribute("xmlns", svgName);
    root.setAttribute("font-family", "system-ui, 'Helvetica Neue', Arial, sans-serif");
    root.setAttribute("font-size", "12");
    root.setAttribute("color", style.color);
    root.prepend(
        svg("title", {}, title), svg("rect", {width: "100%", height: "100%", fill: style.backgroundColor}));
    root.querySelectorAll("text").forEach(t => {
      if (!t.hasAttribute("fill")) t.setAttribute("fill", "currentColor");
    });
    if (!shown)
      stage.querySelectorAll("span[data-band]").forEach(span => {
        const own = getComputedStyle(span), rects = [...span.getClientRects()];
        rects.forEach((r, i) => {
          if (span.dataset.band > 0)
            root.append(svg("rect", {
              x: r.left - box.left,
              y: r.top - box.top,
              width: r.width,
              height: r.height,
              rx: 3,
              fill: own.backgroundColor
            }));
          if (i === 0)
            root.append(
                svg("text", {
                  x: r.left - box.left + 2,
                  y: r.bottom - box.top - 0.28 * r.height,
                  "font-size": own.fontSize,
                  fill: own.color
                },
                    span.textContent));
        });
      });
    return new XMLSerializer().serializeToString(root);
  },
  html() {
    const page = document.documentElement.cloneNode(true);
    ["stage", "controls", "views", "verdict", "note"].forEach(
        id => page.querySelector("#" + id).replaceChildren());
    page.querySelector("#own")?.remove();
    page.querySelector("#choices").textContent = JSON.stringify(state).replaceAll("<", "\\u003c");
    page.querySelectorAll("script.reading").forEach(s => s.remove());
    const last = page.querySelector("body > script:last-of-type");
    const texts = Array.from(
        {length: Math.max(sources.length, readings.length)},
        (_, i) => sources[i]?.textContent ??
            JSON.stringify(readings[i], (k, v) => k === "decoded" ? undefined : v));
    for (const text of texts) {
      const script = document.createElement("script");
      Object.assign(
          script,
          {type: "application/json", className: "reading", textContent: text.replaceAll("<", "\\u003c")});
      last.before(script);
    }
    this.file("<!doctype html>\n" + page.outerHTML, "text/html", `attention-${state.view}.html`);
  },
};
