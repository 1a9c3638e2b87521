// What the fused operations share.
#pragma once
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <cstdint>
#include <mutex>

namespace fathom {

// A seed for one operation's dropout, from the generator that every other draw comes from: runs stay repeatable.
inline int64_t draw_seed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  return (int64_t)(generator.get<at::CPUGeneratorImpl>()->random64() >> 1);
}

// x [M,I] × weightᵀ [I,O] + bias, outside the graph, by the faster of libtorch's two matrix libraries.
at::Tensor linear_product(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias = {});
// gradᵀ [O,M] × x [M,I], likewise.
at::Tensor weight_gradient(const at::Tensor &grad, const at::Tensor &x);

} // namespace fathom
