"use strict";

// The highlighted text.
const highlightView = {
  title: "Highlighted text",
  controls(r) {
    const method = methods[state.method], has = name => () => method.choices.includes(name);
    const names = Object.keys(methods).filter(n => r.attributions.length || !methods[n].needsClassifier);
    choice("Weights", "method", names.map(n => [n, n]));
    choice("Layer", "layer", count(r.blocks.length), has("layer"));
    choice("Head", "head", count(r.heads), has("head"));
    choice("From token", "token", tokenChoices(r), has("token"));
    choice("Normalised by", "normalization", Object.keys(normalizations).map(n => [n, n]));
    const models = [
      ["model", "fine-tuned"],
      ["origin", "pretrained"],
      ["difference", "difference"],
      ["normalized-difference", "difference of normalised weights"],
    ];
    choice("Model", "source", models, () => r.origin && method.heads);
    tick("[CLS] and [SEP]", "special");
    tick("join word pieces", "words");
    if (method.choices.includes("heads")) find("controls").append(this.grid(r));
  },
  // A box for each head, a row a layer.
  grid(r) {
    const set = document.createElement("fieldset"), title = document.createElement("legend");
    title.textContent = "Heads to average (a row a layer)";
    set.append(title);
    for (let block = 0; block < r.blocks.length; block++) {
      const row = document.createElement("div");
      for (let head = 0; head < r.heads; head++) {
        const at = () => state.custom.findIndex(([b, h]) => b === block && h === head);
        const label = document.createElement("label"),
              box = Object.assign(document.createElement("input"), {type: "checkbox", checked: at() >= 0});
        box.dataset.choice = `custom-${block}-${head}`;
        box.onchange = () => {
          if (at() >= 0)
            state.custom.splice(at(), 1);
          else
            state.custom.push([block, head]);
          render();
        };
        box.setAttribute("aria-label", `layer ${block}, head ${head}`);
        label.append(box);
        row.append(label);
      }
      set.append(row);
    }
    return set;
  },
  draw(r, stage) {
    const text = document.createElement("p"), legend = document.createElement("p"),
          signed = r.isSigned(state);
    text.className = "text";
    for (const piece of r.parts(state)) {
      if (piece.spaced) text.append(" ");
      const span = document.createElement("span");
      span.textContent = piece.text;
      span.dataset.band = piece.band;
      span.dataset.weight = piece.weight;
      span.className = piece.band ? (signed && piece.weight < 0 ? "against" : "band") + piece.band : "";
      if (piece.index === state.token && methods[state.method].choices.includes("token")) {
        span.classList.add("from");
      }
      span.title = `${figure(piece.weight.toPrecision(3))} (normalised ${
          figure(piece.normalized.toFixed(2))})`;
      span.onclick = () => {
        state.token = piece.index;
        render();
      };
      text.append(span);
    }
    legend.className = "legend";
    legend.append("0–0.2");
    const swatch = (kind, from) => {
      const box = document.createElement("i");
      box.className = kind + from;
      legend.append(box, `${(from * 0.2).toFixed(1)}–${((from + 1) * 0.2).toFixed(1)}`);
    };
    [1, 2, 3, 4].forEach(b => swatch("band", b));
    if (signed) {
      legend.append(
          methods[state.method].isSigned ? "; speaking against:" : "; less than before fine-tuning:");
      [1, 2, 3, 4].forEach(b => swatch("against", b));
    }
    stage.replaceChildren(text, legend);
  },
};
