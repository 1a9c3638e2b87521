"use strict";

// The ways to give each token a weight, by name; HighlightMethod.swift has the same ones.
//   choices    what it depends on, and what is asked for: layer, head, heads, token
//   heads      the heads whose weights are averaged, as [layer, head]
//   weights    instead of heads: a weight for each token
//   isSigned   whether a weight below 0 speaks against the prediction
const methods = {
  "last-layer-average": {choices: ["token"], heads: reading => reading.layer(reading.blocks.length - 1)},
  "first-layer-average": {choices: ["token"], heads: reading => reading.layer(0)},
  "layer-average": {choices: ["layer", "token"], heads: (reading, state) => reading.layer(state.layer)},
  "layer-head": {
    choices: ["layer", "head", "token"],
    heads: (reading, state) => [[state.layer, state.head]],
  },
  "custom": {choices: ["heads", "token"], heads: (reading, state) => state.custom},
  "rollout": {choices: ["token"], weights: (reading, state) => reading.rolloutFrom(state.token)},
  "gradient-x-input": {
    choices: [],
    isSigned: true,
    needsClassifier: true,
    weights: reading => Float64Array.from(reading.attributions),
  },
};

// How weights become a scale; HighlightNormalization.swift has the same ones.
const normalizations = {
  "min-max"(values) {
    const low = Math.min(...values), high = Math.max(...values);
    return values.map(v => high > low ? (v - low) / (high - low) : 0);
  },
  "z-score"(values) {
    return scores(values, values.length).map(z => Math.min(Math.max(z, 0), 1));
  },
  // As the study of 2019 has it: over n - 1, and not cut.
  "z-score-uncut"(values) {
    return scores(values, values.length - 1);
  },
};

function scores(values, divisor) {
  const low = Math.min(...values), high = Math.max(...values);
  if (!(high > low)) return values.map(() => 0);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / divisor);
  return values.map(v => (v - mean) / deviation);
}
