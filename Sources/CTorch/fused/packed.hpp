// Weights packed for product.hpp, as tensors, and products with them.
#pragma once
#include <numeric>
#include "fused.hpp"
#include "normal.hpp"
#include "product.hpp"
#if defined(__x86_64__)

namespace fathom {

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)

template <typename Element, bool kGelu> struct Store {
  Element *out;
  int64_t width;
  const float *bias; // or nullptr

  void operator()(int64_t row, int64_t column, __m512 x) const {
    if (bias) x = _mm512_add_ps(x, load(bias + column));
    store(out + row * width + column, kGelu ? gelu(x) : x);
  }
};

#pragma clang attribute pop

// Runs body(Type) for the tensor's element type.
template <typename Body> void by_type(const at::Tensor &x, Body body) {
  if (x.scalar_type() == at::kFloat) body(Float32());
  else body(BFloat16());
}

inline int64_t panel_count(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// What ct_pack makes of a weight: [panels, depth, 64], where two neighbours of the depth share 32 bits in bfloat16.
inline at::Tensor empty_panels(int64_t columns, int64_t depth, const at::TensorOptions &options) {
  return at::empty({panel_count(columns), depth, kPanel}, options);
}

template <class Type> void pack(const at::Tensor &weight, at::Tensor &panels) {
  const int64_t outputs = weight.size(0), depth = weight.size(1);
  auto *to = reinterpret_cast<uint32_t *>(panels.mutable_data_ptr());
  const auto from_each = [&](const auto *from) {
    for_each_task(panels.size(0), [&](int64_t p) {
      pack_rows<Type>(
          from + p * kPanel * depth, depth, (int)std::min<int64_t>(kPanel, outputs - p * kPanel),
          to + p * kPanel * depth / Type::kPerUnit);
    });
  };
  if (weight.scalar_type() == at::kFloat) from_each(elements<float>(weight));
  else from_each(elements<uint16_t>(weight));
}

inline at::Tensor packed(const at::Tensor &weight, at::ScalarType type) {
  const at::Tensor w = weight.contiguous();
  at::Tensor panels = empty_panels(w.size(0), w.size(1), w.options().dtype(type).requires_grad(false));
  by_type(panels, [&](auto t) { pack<decltype(t)>(w, panels); });
  return panels;
}

// Undefined for none.
inline at::Tensor joined_bias(const Tensors &biases) {
  return biases.empty() ? at::Tensor() : joined(biases).to(at::kFloat).contiguous();
}

inline at::Tensor product_with_panels(
    const at::Tensor &input, const Tensors &panels, const std::vector<int64_t> &outputs, const Tensors &biases, bool gelu) {
  const at::Tensor x = input.contiguous();
  const int64_t width = std::accumulate(outputs.begin(), outputs.end(), int64_t(0));
  at::Tensor out = at::empty({x.size(0), width}, x.options().requires_grad(false));
  const at::Tensor bias = joined_bias(biases);
  by_type(x, [&](auto t) {
    using Type = decltype(t);
    using Element = typename Type::Element;
    std::vector<Panel> list;
    int64_t column = 0;
    for (size_t i = 0; i < panels.size(); i++) {
      const auto *data = reinterpret_cast<const uint32_t *>(panels[i].const_data_ptr());
      const int64_t size = panels[i].size(1) * kPanel / Type::kPerUnit;
      for (int64_t p = 0; p < panels[i].size(0); p++)
        list.push_back({data + p * size, column + p * kPanel, (int)std::min<int64_t>(kPanel, outputs[i] - p * kPanel)});
      column += outputs[i];
    }
    const auto *a = reinterpret_cast<const uint32_t *>(x.const_data_ptr());
    const int64_t units = x.size(1) / Type::kPerUnit;
    auto *to = mutable_elements<Element>(out);
    const float *b = bias.defined() ? elements<float>(bias) : nullptr;
    if (gelu) panel_product<Type>(a, x.size(0), units, list, Store<Element, true>{to, width, b});
    else panel_product<Type>(a, x.size(0), units, list, Store<Element, false>{to, width, b});
  });
  return out;
}

} // namespace fathom
#endif
