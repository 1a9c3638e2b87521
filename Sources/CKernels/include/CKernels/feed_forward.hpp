// The feed-forward net of a block: outer · gelu(inner · x + bias).
#pragma once
#include <CKernels/linear.hpp>

namespace fathom {

// x [T,H], inner [I,H], bias [I], outer [H,I] → [T,H]
at::Tensor feed_forward(
    const at::Tensor &x, const at::Tensor &inner, const at::Tensor &bias, const at::Tensor &outer,
    const ProductLimits &limits);

} // namespace fathom
