// What ends both halves of a block: LayerNorm(residual + dropout(x + bias)).
#pragma once
#include <ATen/core/Tensor.h>

namespace fathom {

// x and residual [T,H]; bias, gain and offset float32 [H] → [T,H]
at::Tensor residual_norm(
    const at::Tensor &x, const at::Tensor &bias, const at::Tensor &residual, const at::Tensor &gain,
    const at::Tensor &offset, double epsilon, double dropout);

} // namespace fathom
