// BERT's embeddings: dropout(LayerNorm(word + position + type)).
#pragma once
#include <ATen/core/Tensor.h>
#include <cstdint>

namespace fathom {

// Tables float32 [V,H], gain and offset of the norm [H], ids and position ids int64 [T].
struct EmbeddingInputs {
  at::Tensor words, positions, types, gain, offset, ids, position_ids;
};

struct EmbeddingSettings {
  double epsilon, dropout;
  // Of the result
  at::ScalarType type;
  // Whether the gradient of the word table holds the rows that were read, instead of all.
  bool row_gradients;
};

// [T,H]; the type is that of row 0.
at::Tensor embed(const EmbeddingInputs &inputs, const EmbeddingSettings &settings);

} // namespace fathom
