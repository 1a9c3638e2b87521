// What the kernels share about tensors: seeds, elements, and products of rows with weights.
#pragma once
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <CKernels/linear.hpp>
#include <CKernels/processor.hpp>
#include <c10/core/GradMode.h>
#include <cstdint>
#include <mutex>
#include <vector>

namespace fathom {

// A seed for one operation's dropout, from the generator that every other draw comes from: runs stay
// repeatable.
inline int64_t draw_seed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  return (int64_t)(generator.get<at::CPUGeneratorImpl>()->random64() >> 1);
}

template <typename Element> const Element *elements(const at::Tensor &t) {
  return static_cast<const Element *>(t.const_data_ptr());
}
template <typename Element> Element *mutable_elements(const at::Tensor &t) {
  return static_cast<Element *>(t.mutable_data_ptr());
}

using Tensors = std::vector<at::Tensor>;

inline at::Tensor joined(const Tensors &list) { return list.size() == 1 ? list[0] : at::cat(list); }

// All but one outside the graph. The weights [O,I] count as one, laid end to end; they are float32 or of x's
// type.

// Whether these products are done by kernels of our own; the rest are libtorch's.
bool has_own_product(const at::Tensor &x, const Tensors &weights, const ProductLimits &limits);
// By libtorch, inside the graph: x [M,I] → [M,ΣO]
at::Tensor
plain_linear(const at::Tensor &x, const Tensors &weights, const Tensors &biases, const ProductLimits &limits);

// x [M,I] → [M,ΣO]
at::Tensor linear_product(
    const at::Tensor &x, const Tensors &weights, const Tensors &biases, const ProductLimits &limits);
// grad [M,ΣO] → [M,I], what the layer's input gets.
at::Tensor input_gradient(const at::Tensor &grad, const Tensors &weights, const ProductLimits &limits);
// Columns `first`… of grad [M,ΣO] against x [M,I] → float32 [outputs,I], what a weight gets.
at::Tensor weight_gradient(
    const at::Tensor &grad, int64_t first, int64_t outputs, const at::Tensor &x, const ProductLimits &limits);
// Columns of grad added up, in float32.
at::Tensor bias_gradient(const at::Tensor &grad);

} // namespace fathom
