/// The attention page's script: the reading and its weights, the four views, and saving.
enum AttentionScript {
  static let text = [reading, highlightView, headView, modelView, neuronView, saving, page].joined(
    separator: "\n")

  /// Decodes a reading and works out the weights asked for; mirrors `TextReading` and `Highlight`.
  private static let reading = #"""
    "use strict";
    const bytesOf = text => Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), c => c.charCodeAt(0));
    class Reading {
      constructor(data) { Object.assign(this, data); this.length = data.tokens.length; this.width = data.heads * data.size; this.decoded = new Map() }
      // Queries and keys of a block, decoded when first asked for.
      vectors(origin, block) {
        const name = (origin ? "o" : "m") + block;
        if (!this.decoded.has(name)) {
          const stored = (origin ? this.origin : this.blocks)[block];
          const floats = (text, step) => Float32Array.from(new Int16Array(bytesOf(text).buffer), v => v * step);
          this.decoded.set(name, { queries: floats(stored.queries, stored.queryStep), keys: floats(stored.keys, stored.keyStep) });
        }
        return this.decoded.get(name);
      }
      weights(origin, block, head, token) {
        const { queries, keys } = this.vectors(origin, block), n = this.length, size = this.size, width = this.width;
        const from = token * width + head * size, row = new Float64Array(n), scale = 1 / Math.sqrt(size);
        let top = -Infinity, sum = 0;
        for (let j = 0; j < n; j++) {
          let dot = 0;
          for (let d = 0, at = j * width + head * size; d < size; d++) dot += queries[from + d] * keys[at + d];
          row[j] = dot * scale;
          if (row[j] > top) top = row[j];
        }
        for (let j = 0; j < n; j++) sum += row[j] = Math.exp(row[j] - top);
        for (let j = 0; j < n; j++) row[j] /= sum;
        return row;
      }
      average(origin, places, token) {
        const mean = new Float64Array(this.length);
        for (const [block, head] of places) this.weights(origin, block, head, token).forEach((w, j) => mean[j] += w / places.length);
        return mean;
      }
      places(method, block, head, custom) {
        const layer = b => Array.from({ length: this.heads }, (_, h) => [b, h]);
        switch (method) {
          case "first-layer-average": return layer(0);
          case "layer-average": return layer(block);
          case "layer-head": return [[block, head]];
          case "custom": return custom;
          default: return layer(this.blocks.length - 1);
        }
      }
      // A weight a token, of the model (source "model"), of the pretrained one ("origin"), or the difference.
      chosen(state) {
        if (state.method === "gradient-x-input") return Float64Array.from(this.attributions);
        if (state.method === "rollout") {
          const all = new Uint16Array(bytesOf(this.rollout).buffer).subarray(state.token * this.length, (state.token + 1) * this.length);
          return Float64Array.from(all, v => v / 65535 * this.rolloutTops[state.token]);
        }
        const places = this.places(state.method, state.layer, state.head, state.custom);
        const own = () => this.average(false, places, state.token), before = () => this.average(true, places, state.token);
        if (state.source === "origin") return before();
        if (state.source === "difference") { const b = before(); return own().map((w, j) => w - b[j]) }
        return own();
      }
      isSigned(state) { return state.method === "gradient-x-input" || (state.source === "difference" && state.method !== "rollout") }
      parts(state) {
        const weights = this.chosen(state), pieces = [];
        let last = -1;
        this.tokens.forEach((token, index) => {
          if (this.special[index] && !state.special) return;
          const more = this.words[index] === last, text = more ? token.slice(2) : token;
          last = this.words[index];
          if (more && state.words) { const piece = pieces[pieces.length - 1]; piece.text += text; piece.weight += weights[index] }
          else pieces.push({ text, weight: weights[index], index, spaced: !more && pieces.length > 0 });
        });
        const values = pieces.map(p => this.isSigned(state) ? Math.abs(p.weight) : p.weight), n = values.length;
        const low = Math.min(...values), high = Math.max(...values), mean = values.reduce((a, b) => a + b, 0) / n;
        const deviation = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / n);
        pieces.forEach((piece, i) => {
          const z = state.normalization === "z-score";
          piece.normalized = high > low ? z ? Math.min(Math.max((values[i] - mean) / deviation, 0), 1) : (values[i] - low) / (high - low) : 0;
          piece.band = Math.min(Math.floor(piece.normalized * 5), 4);
        });
        return pieces;
      }
    }
    """#

  /// The page around the views: choices, controls, tabs.
  private static let page = #"""
    const find = id => document.getElementById(id);
    const views = { highlight: highlightView, head: headView, model: modelView, neuron: neuronView };
    const state = Object.assign({ view: "highlight", example: 0, method: "last-layer-average", normalization: "min-max", source: "model",
      layer: 0, head: 0, token: 0, special: false, words: false, custom: [], shown: null, threshold: 0.1 }, JSON.parse(find("choices").textContent));
    const sources = [...document.querySelectorAll("script.reading")], readings = [];
    const reading = () => readings[state.example] ??= new Reading(JSON.parse(sources[state.example].textContent));
    let drawing = 0;  // a slow drawing gives up when a later one has begun
    function choice(label, name, options, wanted = () => true) {
      if (!wanted()) return;
      const box = document.createElement("label"), select = document.createElement("select");
      select.dataset.choice = name;
      for (const [value, text] of options) select.add(new Option(text, value, false, String(state[name]) === String(value)));
      select.onchange = () => { const v = select.value; state[name] = typeof state[name] === "number" ? +v : v; render() };
      box.append(label + " ", select);
      find("controls").append(box);
    }
    function tick(label, name) {
      const box = document.createElement("label"), input = Object.assign(document.createElement("input"), { type: "checkbox", checked: state[name] });
      input.dataset.choice = name;
      input.onchange = () => { state[name] = input.checked; render() };
      box.append(input, " " + label);
      find("controls").append(box);
    }
    const count = n => Array.from({ length: n }, (_, i) => [i, String(i)]);
    const tokenChoices = r => r.tokens.map((t, i) => [i, i + " " + t]);
    function render() {
      const now = ++drawing, r = reading(), view = views[state.view];
      state.token = Math.min(state.token, r.length - 1);
      find("views").replaceChildren(...Object.keys(views).filter(v => !state.only || v === state.only).map(name => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: views[name].title });
        button.setAttribute("role", "tab");
        button.setAttribute("aria-selected", name === state.view);
        button.dataset.view = name;
        button.onclick = () => { state.view = name; render() };
        return button;
      }));
      const focused = document.activeElement?.dataset?.choice;
      find("controls").replaceChildren();
      choice("Text", "example", Array.from({ length: Math.max(sources.length, readings.length) }, (_, i) => [i, String(i + 1)]),
        () => Math.max(sources.length, readings.length) > 1);
      view.controls(r);
      if (focused) document.querySelector(`[data-choice="${focused}"]`)?.focus();
      const scores = (r.scores ?? []).map(s => `${s.label} ${(100 * s.probability).toFixed(1)} %`).join(", ");
      find("verdict").textContent = (r.label != null ? `Labelled ${r.label}. ` : "") + (r.prediction != null ? `Predicted ${r.prediction} (${scores}).` : "");
      find("note").textContent = "";
      view.draw(r, find("stage"), () => now !== drawing);
    }
    find("own")?.addEventListener("submit", async event => {
      event.preventDefault();
      find("status").textContent = "…";
      try {
        const answer = await fetch("/v1/attention?" + new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => name === "token")), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text: find("text").value, model: find("model").value }) });
        const data = await answer.json();
        if (!answer.ok) throw new Error(data.error ?? answer.statusText);
        readings[Math.max(sources.length, readings.length)] = new Reading(data);
        state.example = readings.length - 1;
        find("status").textContent = "";
        render();
      } catch (error) { find("status").textContent = String(error.message ?? error) }
    });
    find("model")?.addEventListener("change", () => { const to = new URL(location.href); to.searchParams.set("model", find("model").value); location.href = to });
    document.querySelectorAll("[data-save]").forEach(button => button.onclick = () => save[button.dataset.save](views[state.view].title));
    if (sources.length) render();
    const asked = new URLSearchParams(location.search).get("text");
    if (asked && find("own")) { find("text").value = asked; find("own").requestSubmit() }
    """#
}
