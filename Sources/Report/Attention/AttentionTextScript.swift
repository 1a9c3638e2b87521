extension AttentionScript {
  /// The highlighted text.
  static let highlightView = #"""
    const highlightView = {
      title: "Highlighted text",
      controls(r) {
        const methods = ["last-layer-average", "first-layer-average", "layer-average", "layer-head", "custom", "rollout"];
        if (r.attributions.length) methods.push("gradient-x-input");
        choice("Weights", "method", methods.map(m => [m, m]));
        choice("Layer", "layer", count(r.blocks.length), () => state.method.startsWith("layer-"));
        choice("Head", "head", count(r.heads), () => state.method === "layer-head");
        choice("From token", "token", tokenChoices(r), () => state.method !== "gradient-x-input");
        choice("Normalised by", "normalization", [["min-max", "min-max"], ["z-score", "z-score"]]);
        choice("Model", "source", [["model", "fine-tuned"], ["origin", "pretrained"], ["difference", "difference"]],
          () => r.origin && !["rollout", "gradient-x-input"].includes(state.method));
        tick("[CLS] and [SEP]", "special");
        tick("join word pieces", "words");
        if (state.method === "custom") find("controls").append(this.grid(r));
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
            const label = document.createElement("label"), box = Object.assign(document.createElement("input"), { type: "checkbox", checked: at() >= 0 });
            box.dataset.choice = `custom-${block}-${head}`;
            box.onchange = () => { if (at() >= 0) state.custom.splice(at(), 1); else state.custom.push([block, head]); render() };
            box.setAttribute("aria-label", `layer ${block}, head ${head}`);
            label.append(box);
            row.append(label);
          }
          set.append(row);
        }
        return set;
      },
      draw(r, stage) {
        const text = document.createElement("p"), legend = document.createElement("p"), signed = r.isSigned(state);
        text.className = "text";
        for (const piece of r.parts(state)) {
          if (piece.spaced) text.append(" ");
          const span = document.createElement("span");
          span.textContent = piece.text;
          span.dataset.band = piece.band;
          span.dataset.weight = piece.weight;
          span.className = piece.band ? (signed && piece.weight < 0 ? "against" : "band") + piece.band : "";
          if (piece.index === state.token && state.method !== "gradient-x-input") span.classList.add("from");
          span.title = `${piece.weight.toPrecision(3)} (normalised ${piece.normalized.toFixed(2)})`;
          span.onclick = () => { state.token = piece.index; render() };
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
        if (signed) { legend.append(state.method === "gradient-x-input" ? "; speaking against:" : "; less than before fine-tuning:"); [1, 2, 3, 4].forEach(b => swatch("against", b)) }
        stage.replaceChildren(text, legend);
      },
    };
    """#

  /// Saves what is on the stage as SVG, or the page with the reader's choices.
  static let saving = #"""
    const svgName = "http://www.w3.org/2000/svg";
    function svg(name, attributes, ...children) {
      const element = document.createElementNS(svgName, name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.append(...children);
      return element;
    }
    const clip = (text, length) => text.length > length ? text.slice(0, length - 1) + "…" : text;
    const colourOf = index => ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A"][index % 7];
    const pause = () => new Promise(done => setTimeout(done));
    const save = {
      file(content, type, name) {
        const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob([content], { type })), download: name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
        find("note").textContent = name;
      },
      svg(title) { this.file(this.drawing(title), "image/svg+xml", `attention-${state.view}.svg`) },
      // The stage as a drawing of its own: a view's SVG as it is, a text with its marks where the browser put them.
      drawing(title) {
        const stage = find("stage"), style = getComputedStyle(document.body), shown = stage.querySelector("svg");
        const box = (shown ?? stage).getBoundingClientRect();
        const root = shown ? shown.cloneNode(true) : svg("svg", { width: box.width, height: box.height, viewBox: `0 0 ${box.width} ${box.height}` });
        root.querySelector("title")?.remove();
        root.setAttribute("xmlns", svgName);
        root.setAttribute("font-family", "system-ui, 'Helvetica Neue', Arial, sans-serif");
        root.setAttribute("font-size", "12");
        root.setAttribute("color", style.color);
        root.prepend(svg("title", {}, title), svg("rect", { width: "100%", height: "100%", fill: style.backgroundColor }));
        root.querySelectorAll("text").forEach(t => { if (!t.hasAttribute("fill")) t.setAttribute("fill", "currentColor") });
        if (!shown) stage.querySelectorAll("span[data-band]").forEach(span => {
          const own = getComputedStyle(span), rects = [...span.getClientRects()];
          rects.forEach((r, i) => {
            if (span.dataset.band > 0) root.append(svg("rect", { x: r.left - box.left, y: r.top - box.top, width: r.width, height: r.height, rx: 3, fill: own.backgroundColor }));
            if (i === 0) root.append(svg("text", { x: r.left - box.left + 2, y: r.bottom - box.top - 0.28 * r.height, "font-size": own.fontSize, fill: own.color }, span.textContent));
          });
        });
        return new XMLSerializer().serializeToString(root);
      },
      html() {
        const page = document.documentElement.cloneNode(true);
        ["stage", "controls", "views", "verdict", "note"].forEach(id => page.querySelector("#" + id).replaceChildren());
        page.querySelector("#own")?.remove();
        page.querySelector("#choices").textContent = JSON.stringify(state).replaceAll("<", "\\u003c");
        page.querySelectorAll("script.reading").forEach(s => s.remove());
        const last = page.querySelector("body > script:last-of-type");
        const texts = Array.from({ length: Math.max(sources.length, readings.length) }, (_, i) => sources[i]?.textContent ?? JSON.stringify(readings[i], (k, v) => k === "decoded" ? undefined : v));
        for (const text of texts) {
          const script = document.createElement("script");
          Object.assign(script, { type: "application/json", className: "reading", textContent: text.replaceAll("<", "\\u003c") });
          last.before(script);
        }
        this.file("<!doctype html>\n" + page.outerHTML, "text/html", `attention-${state.view}.html`);
      },
    };
    """#
}
