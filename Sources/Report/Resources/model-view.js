"use strict";

// Every layer and head at a glance.
// Source: the model view of Vig 2019.
const modelView = {
  title: "Model view",
  cell: 64,
  gap: 6,
  controls() {},
  // A picture of L × L weights, the strongest of those that fall on one dot.
  picture(r, block, head) {
    const side = Math.min(r.length, this.cell),
          canvas = Object.assign(document.createElement("canvas"), {width: side, height: side});
    const context = canvas.getContext("2d"), image = context.createImageData(side, side),
          hex = parseInt(colourOf(head).slice(1), 16);
    for (let y = 0; y < side; y++) {
      const weights = r.weights(false, block, head, Math.floor(y * r.length / side));
      const strongest = new Float64Array(side);
      weights.forEach((w, j) => {
        const x = Math.floor(j * side / r.length);
        if (w > strongest[x]) strongest[x] = w
      });
      strongest.forEach(
          (w, x) => image.data.set(
              [hex >> 16, hex >> 8 & 255, hex & 255, Math.round(255 * Math.sqrt(w))], 4 * (y * side + x)));
    }
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  },
  async draw(r, stage, isStale) {
    const step = this.cell + this.gap, left = 56, top = 24;
    const root = svg("svg", {
      width: left + r.heads * step,
      height: top + r.blocks.length * step,
      role: "img",
      "aria-label": "Attention of every layer and head"
    });
    for (let h = 0; h < r.heads; h++)
      root.append(svg("text", {x: left + (h + 0.5) * step, y: 14, "text-anchor": "middle"}, "head " + h));
    stage.replaceChildren(root);
    for (let block = 0; block < r.blocks.length; block++) {
      root.append(svg("text", {x: 0, y: top + (block + 0.5) * step}, "layer " + block));
      for (let head = 0; head < r.heads; head++) {
        await pause();
        if (isStale()) return;
        const place = {x: left + head * step, y: top + block * step, width: this.cell, height: this.cell};
        const open = () => {
          Object.assign(state, {view: state.only ? "model" : "head", layer: block, head, shown: [head]});
          if (!state.only) render();
        };
        const thumb =
            svg("g", {class: "thumb", tabindex: 0, role: "button", "data-place": `${block}-${head}`},
                svg("title", {}, `layer ${block}, head ${head}`),
                svg("rect", {...place, fill: "none", stroke: "currentColor", "stroke-opacity": 0.25}),
                svg("image", {
                  ...place,
                  href: this.picture(r, block, head),
                  style: "image-rendering:pixelated",
                  preserveAspectRatio: "none"
                }));
        thumb.onclick = open;
        thumb.onkeydown = event => {
          if (event.key === "Enter") open();
        };
        root.append(thumb);
      }
    }
  },
};
