// Products of rows with one or several weights, inside the autograd graph.
#pragma once
#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

namespace fathom {

// Which of three kernels a product goes to. The numbers are the caller's; these are counts of multiplications
// and of rows.
struct ProductLimits {
  // From this many on, the weights are packed for the call.
  int64_t pack_from = INT64_MAX;
  // From this many on, float32 weights are rounded to the type of the rows; below it, rows are widened.
  int64_t round_from = 0;
  // Up to this many rows meet float32 weights as they lie.
  int64_t few_rows = 0;
};

// x [M,I] times the weights [O,I], as if they were laid end to end, plus as many biases or none → [M,ΣO].
// Any processor, shape and type; weights and biases are float32 or of x's type.
at::Tensor fast_linear(
    const at::Tensor &x, const std::vector<at::Tensor> &weights, const std::vector<at::Tensor> &biases,
    const ProductLimits &limits);

} // namespace fathom
