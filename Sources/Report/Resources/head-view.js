"use strict";

// Lines from each token to those it attends to, a colour for each head.
// Source: the head view of Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model".
const headView = {
  title: "Head view",
  row: 16,
  left: 190,
  right: 470,
  limit: 4000,
  controls(r) {
    choice("Layer", "layer", count(r.blocks.length));
    choice("Only token", "pinned", [["", "all"], ...tokenChoices(r)]);
    const label = document.createElement("label"),
          slider = Object.assign(
              document.createElement("input"),
              {type: "range", min: 0.02, max: 0.5, step: 0.02, value: state.threshold});
    slider.dataset.choice = "threshold";
    slider.onchange = () => {
      state.threshold = +slider.value;
      render();
    };
    label.append("Weights from ", slider, " " + state.threshold.toFixed(2));
    find("controls").append(label);
    const set = document.createElement("fieldset"), row = document.createElement("div"),
          title = document.createElement("legend");
    title.textContent = "Heads";
    for (let head = 0; head < r.heads; head++) {
      const label = document.createElement("label"),
            box = Object.assign(
                document.createElement("input"), {type: "checkbox", checked: this.shown(r).includes(head)});
      box.dataset.choice = "shown-" + head;
      box.onchange = () => {
        const now = this.shown(r);
        state.shown = box.checked ? [...now, head] : now.filter(h => h !== head);
        render();
      };
      label.style.borderBottom = `3px solid ${colourOf(head)}`;
      label.append(box, String(head));
      row.append(label);
    }
    set.append(title, row);
    find("controls").append(set);
  },
  shown: r => state.shown ?? Array.from({length: r.heads}, (_, h) => h),
  y(token) {
    return (token + 0.5) * this.row + 10;
  },
  // The lines of one token, or of all; strokes of like strength share a path, so that thousands of lines are
  // few elements.
  paths(r, head, tokens, threshold) {
    const lines = [];
    for (const from of tokens)
      r.weights(false, state.layer, head, from).forEach((w, to) => {
        if (w >= threshold) lines.push([w, from, to]);
      });
    if (lines.length > this.limit) {
      lines.sort((a, b) => b[0] - a[0]).length = this.limit;
      find("note").textContent = `The strongest ${this.limit} lines of a head are drawn.`;
    }
    const strokes = Array.from({length: 10}, () => []);
    for (const [w, from, to] of lines)
      strokes[Math.min(9, Math.floor(w * 10))].push(
          `M${this.left + 6} ${this.y(from)}L${this.right - 6} ${this.y(to)}`);
    return strokes
        .map(
            (d, i) => d.length ? svg("path", {
              d: d.join(""),
              stroke: colourOf(head),
              "stroke-opacity": (i + 1) / 10,
              "stroke-width": 1.2,
              fill: "none",
              "data-head": head
            }) :
                                 null)
        .filter(Boolean);
  },
  async draw(r, stage, isStale) {
    const pinned = state.pinned === "" || state.pinned == null ? null : Math.min(+state.pinned, r.length - 1);
    const root = svg("svg", {
      width: 660,
      height: r.length * this.row + 20,
      role: "img",
      "aria-label": `Attention of layer ${state.layer}`
    });
    const lines = svg("g", {}), hovered = svg("g", {});
    root.append(lines, hovered);
    r.tokens.forEach((token, i) => {
      const from = svg(
          "text", {x: this.left, y: this.y(i) + 4, "text-anchor": "end", class: "token"}, clip(token, 24));
      from.onmouseenter = () => {
        lines.setAttribute("opacity", 0.08);
        hovered.replaceChildren(...this.shown(r).flatMap(h => this.paths(r, h, [i], 0.005)));
      };
      from.onmouseleave = () => {
        lines.removeAttribute("opacity");
        hovered.replaceChildren();
      };
      from.onclick = () => {
        state.pinned = pinned === i ? "" : i;
        render();
      };
      root.append(from, svg("text", {x: this.right, y: this.y(i) + 4}, clip(token, 24)));
    });
    stage.replaceChildren(root);
    const all = pinned == null ? r.tokens.map((_, i) => i) : [pinned];
    for (const head of this.shown(r)) {
      for (let start = 0; start < all.length; start += 128) {
        await pause();
        if (isStale()) return;
        lines.append(
            ...this.paths(r, head, all.slice(start, start + 128), pinned == null ? state.threshold : 0.005));
      }
    }
  },
};
