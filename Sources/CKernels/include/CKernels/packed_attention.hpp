// Self-attention within each sequence of a packed batch.
#pragma once
#include <ATen/core/Tensor.h>
#include <cstdint>

namespace fathom {

// qkv [T,3H], lengths int64 [B] → [T,H]; dropout is on the probabilities.
at::Tensor packed_attention(const at::Tensor &qkv, const at::Tensor &lengths, int64_t heads, double dropout);

} // namespace fathom
