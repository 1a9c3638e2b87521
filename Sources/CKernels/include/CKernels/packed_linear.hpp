// Products with weights that were packed before, outside the autograd graph.
#pragma once
#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

namespace fathom {

// A weight [O,I] as panels (KERNELS.md); sides are multiples of 16.
at::Tensor pack(const at::Tensor &weight, at::ScalarType type);

// x [M,I] times packed weights of outputs[i] rows each, plus as many biases or none → [M,ΣO].
// - has_gelu: of the result.
at::Tensor packed_linear(
    const at::Tensor &x, const std::vector<at::Tensor> &panels, const std::vector<int64_t> &outputs,
    const std::vector<at::Tensor> &biases, bool has_gelu);

} // namespace fathom
