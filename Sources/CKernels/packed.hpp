// Weights packed for product.hpp, as tensors, and products with them.
#pragma once
#include <numeric>

#include "normal.hpp"
#include "product.hpp"
#include "tensors.hpp"
#if defined(__x86_64__)

namespace fathom {

FATHOM_AVX512_BEGIN

template <typename Element, bool kGelu> struct Store {
  Element *out;
  int64_t width;
  const float *bias; // or nullptr

  void operator()(int64_t row, int64_t column, __m512 x) const {
    if (bias) x = _mm512_add_ps(x, load(bias + column));
    store(out + row * width + column, kGelu ? gelu(x) : x);
  }
};

FATHOM_AVX512_END

// Runs body(Type) for the tensor's element type.
template <typename Body> void by_type(const at::Tensor &x, Body body) {
  if (x.scalar_type() == at::kFloat) body(Float32());
  else body(BFloat16());
}

inline int64_t panel_count(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// A packed weight: [panels, depth, 64], where two neighbours of the depth share 32 bits in
// bfloat16.
inline at::Tensor empty_panels(int64_t columns, int64_t depth, const at::TensorOptions &options) {
  return at::empty({panel_count(columns), depth, kPanel}, options);
}

// Rows of a weight that become a panel.
struct PanelSource {
  const void *rows;
  bool is_float32;
  int64_t depth;
  int count;
  uint32_t *panel;

  template <class Type> void pack() const {
    if (is_float32) pack_rows<Type>(static_cast<const float *>(rows), depth, count, panel);
    else pack_rows<Type>(static_cast<const uint16_t *>(rows), depth, count, panel);
  }
};

// All weights at once, so that threads are woken once.
inline Tensors packed(const Tensors &weights, at::ScalarType type) {
  Tensors rows, list;
  std::vector<PanelSource> sources;
  for (const at::Tensor &weight : weights) {
    const at::Tensor w = weight.contiguous();
    const int64_t outputs = w.size(0), depth = w.size(1);
    const at::Tensor panels = empty_panels(outputs, depth, w.options().dtype(type).requires_grad(false));
    const auto *from = static_cast<const char *>(w.const_data_ptr());
    auto *to = static_cast<char *>(panels.mutable_data_ptr());
    for (int64_t p = 0; p < panels.size(0); p++) {
      const int64_t first = p * kPanel * depth;
      sources.push_back(
          {from + first * w.element_size(), w.scalar_type() == at::kFloat, depth,
           (int)std::min<int64_t>(kPanel, outputs - p * kPanel),
           reinterpret_cast<uint32_t *>(to + first * panels.element_size())});
    }
    rows.push_back(w);
    list.push_back(panels);
  }
  by_type(list[0], [&](auto t) {
    for_each_task((int64_t)sources.size(), [&](int64_t i) { sources[i].pack<decltype(t)>(); });
  });
  return list;
}

// Undefined for none.
inline at::Tensor joined_bias(const Tensors &biases) {
  return biases.empty() ? at::Tensor() : joined(biases).to(at::kFloat).contiguous();
}

inline at::Tensor product_with_panels(
    const at::Tensor &input, const Tensors &panels, const std::vector<int64_t> &outputs,
    const Tensors &biases, bool gelu) {
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
        list.push_back(
            {data + p * size, column + p * kPanel, (int)std::min<int64_t>(kPanel, outputs[i] - p * kPanel)});
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
