extension AttentionScript {
  /// Lines from each token to those it attends to, a colour a head.
  /// - Source: the head view of Vig 2019, "A Multiscale Visualization of Attention in the Transformer Model".
  static let headView = #"""
    const headView = {
      title: "Head view",
      row: 16, left: 190, right: 470, limit: 4000,
      controls(r) {
        choice("Layer", "layer", count(r.blocks.length));
        choice("Only token", "pinned", [["", "all"], ...tokenChoices(r)]);
        const label = document.createElement("label"), slider = Object.assign(document.createElement("input"), { type: "range", min: 0.02, max: 0.5, step: 0.02, value: state.threshold });
        slider.dataset.choice = "threshold";
        slider.onchange = () => { state.threshold = +slider.value; render() };
        label.append("Weights from ", slider, " " + state.threshold.toFixed(2));
        find("controls").append(label);
        const set = document.createElement("fieldset"), row = document.createElement("div"), title = document.createElement("legend");
        title.textContent = "Heads";
        for (let head = 0; head < r.heads; head++) {
          const label = document.createElement("label"), box = Object.assign(document.createElement("input"), { type: "checkbox", checked: this.shown(r).includes(head) });
          box.dataset.choice = "shown-" + head;
          box.onchange = () => { const now = this.shown(r); state.shown = box.checked ? [...now, head] : now.filter(h => h !== head); render() };
          label.style.borderBottom = `3px solid ${colourOf(head)}`;
          label.append(box, String(head));
          row.append(label);
        }
        set.append(title, row);
        find("controls").append(set);
      },
      shown: r => state.shown ?? Array.from({ length: r.heads }, (_, h) => h),
      y(token) { return (token + 0.5) * this.row + 10 },
      // The lines of one token, or of all; strokes of like strength share a path, so that thousands of lines are few elements.
      paths(r, head, tokens, threshold) {
        const lines = [];
        for (const from of tokens) r.weights(false, state.layer, head, from).forEach((w, to) => { if (w >= threshold) lines.push([w, from, to]) });
        if (lines.length > this.limit) {
          lines.sort((a, b) => b[0] - a[0]).length = this.limit;
          find("note").textContent = `The strongest ${this.limit} lines of a head are drawn.`;
        }
        const strokes = Array.from({ length: 10 }, () => []);
        for (const [w, from, to] of lines) strokes[Math.min(9, Math.floor(w * 10))].push(`M${this.left + 6} ${this.y(from)}L${this.right - 6} ${this.y(to)}`);
        return strokes.map((d, i) => d.length ? svg("path", { d: d.join(""), stroke: colourOf(head), "stroke-opacity": (i + 1) / 10, "stroke-width": 1.2, fill: "none", "data-head": head }) : null).filter(Boolean);
      },
      async draw(r, stage, isStale) {
        const pinned = state.pinned === "" || state.pinned == null ? null : Math.min(+state.pinned, r.length - 1);
        const root = svg("svg", { width: 660, height: r.length * this.row + 20, role: "img", "aria-label": `Attention of layer ${state.layer}` });
        const lines = svg("g", {}), hovered = svg("g", {});
        root.append(lines, hovered);
        r.tokens.forEach((token, i) => {
          const from = svg("text", { x: this.left, y: this.y(i) + 4, "text-anchor": "end", class: "token" }, clip(token, 24));
          from.onmouseenter = () => { lines.setAttribute("opacity", 0.08); hovered.replaceChildren(...this.shown(r).flatMap(h => this.paths(r, h, [i], 0.005))) };
          from.onmouseleave = () => { lines.removeAttribute("opacity"); hovered.replaceChildren() };
          from.onclick = () => { state.pinned = pinned === i ? "" : i; render() };
          root.append(from, svg("text", { x: this.right, y: this.y(i) + 4 }, clip(token, 24)));
        });
        stage.replaceChildren(root);
        const all = pinned == null ? r.tokens.map((_, i) => i) : [pinned];
        for (const head of this.shown(r)) {
          for (let start = 0; start < all.length; start += 128) {
            await pause();
            if (isStale()) return;
            lines.append(...this.paths(r, head, all.slice(start, start + 128), pinned == null ? state.threshold : 0.005));
          }
        }
      },
    };
    """#

  /// Every layer and head at a glance.
  /// - Source: the model view of Vig 2019.
  static let modelView = #"""
    const modelView = {
      title: "Model view",
      cell: 64, gap: 6,
      controls() {},
      // A picture of L × L weights, the strongest of those that fall on one dot.
      picture(r, block, head) {
        const side = Math.min(r.length, this.cell), canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
        const context = canvas.getContext("2d"), image = context.createImageData(side, side), hex = parseInt(colourOf(head).slice(1), 16);
        for (let y = 0; y < side; y++) {
          const weights = r.weights(false, block, head, Math.floor(y * r.length / side));
          const strongest = new Float64Array(side);
          weights.forEach((w, j) => { const x = Math.floor(j * side / r.length); if (w > strongest[x]) strongest[x] = w });
          strongest.forEach((w, x) => image.data.set([hex >> 16, hex >> 8 & 255, hex & 255, Math.round(255 * Math.sqrt(w))], 4 * (y * side + x)));
        }
        context.putImageData(image, 0, 0);
        return canvas.toDataURL();
      },
      async draw(r, stage, isStale) {
        const step = this.cell + this.gap, left = 56, top = 24;
        const root = svg("svg", { width: left + r.heads * step, height: top + r.blocks.length * step, role: "img", "aria-label": "Attention of every layer and head" });
        for (let h = 0; h < r.heads; h++) root.append(svg("text", { x: left + (h + 0.5) * step, y: 14, "text-anchor": "middle" }, "head " + h));
        stage.replaceChildren(root);
        for (let block = 0; block < r.blocks.length; block++) {
          root.append(svg("text", { x: 0, y: top + (block + 0.5) * step }, "layer " + block));
          for (let head = 0; head < r.heads; head++) {
            await pause();
            if (isStale()) return;
            const place = { x: left + head * step, y: top + block * step, width: this.cell, height: this.cell };
            const open = () => { Object.assign(state, { view: state.only ? "model" : "head", layer: block, head, shown: [head] }); if (!state.only) render() };
            const thumb = svg("g", { class: "thumb", tabindex: 0, role: "button", "data-place": `${block}-${head}` }, svg("title", {}, `layer ${block}, head ${head}`),
              svg("rect", { ...place, fill: "none", stroke: "currentColor", "stroke-opacity": 0.25 }),
              svg("image", { ...place, href: this.picture(r, block, head), style: "image-rendering:pixelated", preserveAspectRatio: "none" }));
            thumb.onclick = open;
            thumb.onkeydown = event => { if (event.key === "Enter") open() };
            root.append(thumb);
          }
        }
      },
    };
    """#

  /// How a weight comes about: the query, the keys, their products and the softmax.
  /// - Source: the neuron view of Vig 2019.
  static let neuronView = #"""
    const neuronView = {
      title: "Neuron view",
      row: 16, dot: 4,
      controls(r) {
        choice("Layer", "layer", count(r.blocks.length));
        choice("Head", "head", count(r.heads));
        choice("Query of", "token", tokenChoices(r));
      },
      // Rows of numbers as dots: orange above 0, blue below.
      picture(rows, size) {
        let top = 1e-12;
        for (const row of rows) for (const v of row) top = Math.max(top, Math.abs(v));
        const canvas = Object.assign(document.createElement("canvas"), { width: size, height: rows.length });
        const context = canvas.getContext("2d"), image = context.createImageData(size, rows.length);
        rows.forEach((row, y) => row.forEach((v, x) =>
          image.data.set([...(v > 0 ? [213, 94, 0] : [0, 114, 178]), Math.round(255 * Math.sqrt(Math.abs(v) / top))], 4 * (y * size + x))));
        context.putImageData(image, 0, 0);
        return canvas.toDataURL();
      },
      draw(r, stage) {
        const { queries, keys } = r.vectors(false, state.layer), size = r.size, at = token => token * r.width + state.head * size;
        const query = queries.subarray(at(state.token), at(state.token) + size);
        const keyRows = r.tokens.map((_, j) => keys.subarray(at(j), at(j) + size));
        const products = keyRows.map(key => key.map((v, d) => v * query[d]));
        const weights = r.weights(false, state.layer, state.head, state.token);
        const wide = size * this.dot, columns = [150, 170 + wide, 190 + 2 * wide, 290 + 2 * wide], top = 70, high = this.row * r.length;
        const root = svg("svg", { width: columns[3] + 160, height: top + high + 10, role: "img", "aria-label": `Query and keys of layer ${state.layer}, head ${state.head}` });
        const image = (href, x, y, height) => svg("image", { href, x, y, width: wide, height, style: "image-rendering:pixelated", preserveAspectRatio: "none" });
        root.append(svg("text", { x: 140, y: 25, "text-anchor": "end" }, "query of " + clip(r.tokens[state.token], 12)), image(this.picture([query], size), columns[0], 12, this.row));
        ["key k", "q × k, each number", "q · k / √" + size, "softmax"].forEach((title, i) => root.append(svg("text", { x: columns[i], y: top - 10, "font-weight": 600 }, title)));
        root.append(image(this.picture(keyRows, size), columns[0], top, high), image(this.picture(products, size), columns[1], top, high));
        r.tokens.forEach((token, j) => {
          const y = top + j * this.row, dot = products[j].reduce((a, b) => a + b, 0) / Math.sqrt(size);
          root.append(svg("text", { x: 140, y: y + 12, "text-anchor": "end" }, clip(token, 20)), svg("text", { x: columns[2], y: y + 12 }, dot.toFixed(2)),
            svg("rect", { x: columns[3], y: y + 3, width: Math.max(0.5, 100 * weights[j]), height: this.row - 6, fill: "#D55E00" }),
            svg("text", { x: columns[3] + 106, y: y + 12 }, weights[j].toFixed(3)));
        });
        stage.replaceChildren(root);
      },
    };
    """#
}
