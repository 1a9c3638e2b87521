// Attention of one query a sequence: the last block of a model that reads [CLS] alone.
#pragma once
#include <ATen/core/Tensor.h>
#include <cstdint>

namespace fathom {

// query [B,H], keys and values [T,2H], lengths int64 [B] → [B,H]
at::Tensor first_attention(
    const at::Tensor &query, const at::Tensor &keys_values, const at::Tensor &lengths, int64_t heads,
    double dropout);

} // namespace fathom
