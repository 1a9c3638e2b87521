"use strict";

const bytesOf = text =>
    Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), c => c.charCodeAt(0));

// A text as the model read it. Its weights are worked out from queries and keys when they are asked for, as
// TextReading.swift and Highlight.swift do; one file of vectors is checked against both.
class Reading {
  constructor(data) {
    Object.assign(this, data);
    this.length = data.tokens.length;
    this.width = data.heads * data.size;
    this.decoded = new Map();
  }

  // Queries and keys of a block, decoded when first asked for.
  vectors(origin, block) {
    const name = (origin ? "o" : "m") + block;
    if (!this.decoded.has(name)) {
      const stored = (origin ? this.origin : this.blocks)[block];
      const floats = (text, step) => Float32Array.from(new Int16Array(bytesOf(text).buffer), v => v * step);
      const queries = floats(stored.queries, stored.queryStep);
      this.decoded.set(name, {queries, keys: floats(stored.keys, stored.keyStep)});
    }
    return this.decoded.get(name);
  }

  // softmax(q k / sqrt(size)): the weight that one token gives to every token.
  weights(origin, block, head, token) {
    const {queries, keys} = this.vectors(origin, block);
    const n = this.length, size = this.size, width = this.width;
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

  average(origin, heads, token) {
    const mean = new Float64Array(this.length);
    for (const [block, head] of heads) {
      this.weights(origin, block, head, token).forEach((w, j) => mean[j] += w / heads.length);
    }
    return mean;
  }

  // All heads of a layer.
  layer(block) {
    return Array.from({length: this.heads}, (_, head) => [block, head]);
  }

  rolloutFrom(token) {
    const all = new Uint16Array(bytesOf(this.rollout).buffer);
    const row = all.subarray(token * this.length, (token + 1) * this.length);
    return Float64Array.from(row, v => v / 65535 * this.rolloutTops[token]);
  }

  // A weight for each token, of the model or of the pretrained one.
  chosen(state, origin) {
    const method = methods[state.method];
    if (method.weights) return method.weights(this, state);
    return this.average(origin, method.heads(this, state), state.token);
  }

  // Whether the pretrained model takes part.
  isComparison(state) {
    return this.origin != null && methods[state.method].heads != null &&
        ["difference", "normalized-difference"].includes(state.source);
  }

  isSigned(state) {
    return Boolean(methods[state.method].isSigned) || this.isComparison(state);
  }

  // The pieces or words that are shown, each with the indices of its tokens.
  pieces(state) {
    const pieces = [];
    let last = -1;
    this.tokens.forEach((_, index) => {
      if (this.special[index] && !state.special) return;
      const continues = this.words[index] === last, text = this.texts[index];
      last = this.words[index];
      if (continues && state.words) {
        const piece = pieces[pieces.length - 1];
        piece.text += text;
        piece.indices.push(index);
      } else {
        pieces.push({text, index, indices: [index], spaced: this.spaced[index] && pieces.length > 0});
      }
    });
    return pieces;
  }

  parts(state) {
    const pieces = this.pieces(state), normalize = normalizations[state.normalization];
    const total = weights => pieces.map(piece => piece.indices.reduce((sum, i) => sum + weights[i], 0));
    const canCompare = this.origin != null && methods[state.method].heads != null;
    const own = total(this.chosen(state, canCompare && state.source === "origin"));
    let weights = own, normalized;
    if (this.isComparison(state) && state.source === "normalized-difference") {
      const before = normalize(total(this.chosen(state, true)));
      weights = normalize(own).map((w, i) => w - before[i]);
      normalized = weights.map(Math.abs);
    } else {
      if (this.isComparison(state)) {
        const before = total(this.chosen(state, true));
        weights = own.map((w, i) => w - before[i]);
      }
      // What speaks for and against counts alike; a score that is not cut has a sign of its own.
      const isStrength = this.isSigned(state) && state.normalization !== "z-score-uncut";
      normalized = normalize(isStrength ? weights.map(Math.abs) : weights);
    }
    return pieces.map((piece, i) => {
      const band = Math.floor(Math.min(Math.max(normalized[i], 0), 1) * 5);
      return {...piece, weight: weights[i], normalized: normalized[i], band: Math.min(band, 4)};
    });
  }
}
