"use strict";

// How a weight comes about: the query, the keys, their products and the softmax.
// Source: the neuron view of Vig 2019.
const neuronView = {
  title: "Neuron view",
  row: 16,
  dot: 4,
  controls(r) {
    choice("Layer", "layer", count(r.blocks.length));
    choice("Head", "head", count(r.heads));
    choice("Query of", "token", tokenChoices(r));
  },
  // Rows of numbers as dots: orange above 0, blue below.
  picture(rows, size) {
    let top = 1e-12;
    for (const row of rows)
      for (const v of row) top = Math.max(top, Math.abs(v));
    const canvas = Object.assign(document.createElement("canvas"), {width: size, height: rows.length});
    const context = canvas.getContext("2d"), image = context.createImageData(size, rows.length);
    rows.forEach(
        (row, y) => row.forEach(
            (v, x) => image.data.set(
                [...(v > 0 ? [213, 94, 0] : [0, 114, 178]), Math.round(255 * Math.sqrt(Math.abs(v) / top))],
                4 * (y * size + x))));
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  },
  draw(r, stage) {
    const {queries, keys} = r.vectors(false, state.layer), size = r.size,
                    at = token => token * r.width + state.head * size;
    const query = queries.subarray(at(state.token), at(state.token) + size);
    const keyRows = r.tokens.map((_, j) => keys.subarray(at(j), at(j) + size));
    const products = keyRows.map(key => key.map((v, d) => v * query[d]));
    const weights = r.weights(false, state.layer, state.head, state.token);
    const wide = size * this.dot, columns = [150, 170 + wide, 190 + 2 * wide, 290 + 2 * wide], top = 70,
          high = this.row * r.length;
    const root = svg("svg", {
      width: columns[3] + 160,
      height: top + high + 10,
      role: "img",
      "aria-label": `Query and keys of layer ${state.layer}, head ${state.head}`
    });
    const image = (href, x, y, height) => svg(
        "image",
        {href, x, y, width: wide, height, style: "image-rendering:pixelated", preserveAspectRatio: "none"});
    root.append(
        svg("text", {x: 140, y: 25, "text-anchor": "end"}, "query of " + clip(r.tokens[state.token], 12)),
        image(this.picture([query], size), columns[0], 12, this.row));
    ["key k", "q × k, each number", "q · k / √" + size, "softmax"].forEach(
        (title, i) => root.append(svg("text", {x: columns[i], y: top - 10, "font-weight": 600}, title)));
    root.append(
        image(this.picture(keyRows, size), columns[0], top, high),
        image(this.picture(products, size), columns[1], top, high));
    r.tokens.forEach((token, j) => {
      const y = top + j * this.row, dot = products[j].reduce((a, b) => a + b, 0) / Math.sqrt(size);
      root.append(
          svg("text", {x: 140, y: y + 12, "text-anchor": "end"}, clip(token, 20)),
          svg("text", {x: columns[2], y: y + 12}, figure(dot.toFixed(2))), svg("rect", {
            x: columns[3],
            y: y + 3,
            width: Math.max(0.5, 100 * weights[j]),
            height: this.row - 6,
            fill: "#D55E00"
          }),
          svg("text", {x: columns[3] + 106, y: y + 12}, weights[j].toFixed(3)));
    });
    stage.replaceChildren(root);
  },
};
