#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include "fused.hpp"
#include "normal.hpp"
#include "product.hpp"

namespace fathom {
namespace {

// Multiplications from which packing a weight is soon made up for.
constexpr int64_t kWorthwhile = int64_t(1) << 26;

#if defined(__x86_64__)
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

int64_t panel_count(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// What ct_pack makes of a weight: [panels, depth, 64], where two neighbours of the depth share 32 bits in bfloat16.
at::Tensor empty_panels(int64_t columns, int64_t depth, const at::TensorOptions &options) {
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

at::Tensor packed(const at::Tensor &weight, at::ScalarType type) {
  const at::Tensor w = weight.contiguous();
  at::Tensor panels = empty_panels(w.size(0), w.size(1), w.options().dtype(type).requires_grad(false));
  by_type(panels, [&](auto t) { pack<decltype(t)>(w, panels); });
  return panels;
}

at::Tensor product_with_panels(
    const at::Tensor &input, const Tensors &panels, const std::vector<int64_t> &outputs, const Tensors &biases, bool gelu) {
  const at::Tensor x = input.contiguous();
  int64_t width = 0;
  for (int64_t o : outputs) width += o;
  at::Tensor out = at::empty({x.size(0), width}, x.options().requires_grad(false));
  at::Tensor bias;
  if (!biases.empty()) bias = (biases.size() == 1 ? biases[0] : at::cat(biases)).to(at::kFloat).contiguous();
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
#endif

std::vector<int64_t> heights(const Tensors &weights) {
  std::vector<int64_t> list;
  for (const at::Tensor &w : weights) list.push_back(w.size(0));
  return list;
}

at::Tensor joined(const Tensors &list) { return list.size() == 1 ? list[0] : at::cat(list); }

// The type to multiply in by libtorch: that of x, but for a few rows by float32 weights, which to round costs more than
// to multiply by.
at::ScalarType plain_type(const at::Tensor &x, const Tensors &weights) {
  const bool few = x.device().is_cpu() && x.dim() == 2 && x.size(0) * weights[0].numel() < kWorthwhile;
  return few ? weights[0].scalar_type() : x.scalar_type();
}

at::Tensor plain_linear(const at::Tensor &x, const Tensors &weights, const Tensors &biases) {
  const auto type = plain_type(x, weights);
  const auto bias = biases.empty() ? std::optional<at::Tensor>() : joined(biases).to(type);
  return at::linear(x.to(type), joined(weights).to(type), bias).to(x.scalar_type());
}

} // namespace

bool product_pays(const at::Tensor &x, int64_t inputs, int64_t outputs) {
  return x.dim() == 2 && x.device().is_cpu() && inputs % 16 == 0 && outputs % 16 == 0 &&
         x.size(0) * inputs * outputs >= kWorthwhile && ct_panels_available((int)x.scalar_type());
}

at::Tensor linear_product(const at::Tensor &x, const Tensors &weights, const Tensors &biases) {
  int64_t outputs = 0;
  for (const at::Tensor &w : weights) outputs += w.size(0);
#if defined(__x86_64__)
  if (product_pays(x, x.size(1), outputs)) {
    Tensors panels;
    for (const at::Tensor &w : weights) panels.push_back(packed(w, x.scalar_type()));
    return product_with_panels(x, panels, heights(weights), biases, false);
  }
#endif
  return plain_linear(x, weights, biases);
}

at::Tensor input_gradient(const at::Tensor &grad, const Tensors &weights) {
  const int64_t inputs = weights[0].size(1);
#if defined(__x86_64__)
  if (product_pays(grad, inputs, grad.size(1))) {
    at::Tensor panels = empty_panels(inputs, grad.size(1), grad.options());
    by_type(grad, [&](auto t) {
      using Type = decltype(t);
      auto *to = reinterpret_cast<uint32_t *>(panels.mutable_data_ptr());
      const int64_t size = panels.size(1) * kPanel / Type::kPerUnit;
      int64_t row = 0;
      for (const at::Tensor &weight : weights) {
        const at::Tensor w = weight.contiguous();
        const auto from_each = [&](const auto *from) {
          for_each_task(panels.size(0), [&](int64_t p) {
            pack_columns<Type>(
                from + p * kPanel, inputs, w.size(0), (int)std::min<int64_t>(kPanel, inputs - p * kPanel),
                to + p * size + row * kPanel / Type::kPerUnit);
          });
        };
        if (w.scalar_type() == at::kFloat) from_each(elements<float>(w));
        else from_each(elements<uint16_t>(w));
        row += w.size(0);
      }
    });
    return product_with_panels(grad, {panels}, {inputs}, {}, false);
  }
#endif
  const auto type = plain_type(grad, weights);
  return at::mm(grad.to(type), joined(weights).to(type)).to(grad.scalar_type());
}

at::Tensor weight_gradient(const at::Tensor &grad, int64_t first, int64_t outputs, const at::Tensor &x) {
#if defined(__x86_64__)
  if (product_pays(x, x.size(1), outputs)) {
    const at::Tensor g = grad.contiguous(), rows = x.contiguous();
    at::Tensor out = at::empty({outputs, x.size(1)}, x.options().dtype(at::kFloat).requires_grad(false));
    by_type(x, [&](auto t) {
      using Type = decltype(t);
      using Element = typename Type::Element;
      gradient_product<Type>(
          elements<Element>(g) + first, g.size(1), elements<Element>(rows), x.size(0), outputs, x.size(1),
          mutable_elements<float>(out));
    });
    return out;
  }
#endif
  const at::Tensor part = grad.narrow(1, first, outputs).t();
  if (x.size(0) * x.size(1) * outputs >= kWorthwhile) return at::mm(part, x).to(at::kFloat);
  return at::mm(part.to(at::kFloat), x.to(at::kFloat));
}

at::Tensor bias_gradient(const at::Tensor &grad) { return at::sum(grad, 0, false, at::kFloat); }

namespace {

// Arguments: x, the weights, then as many biases or none.
struct Linear : torch::autograd::Function<Linear> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, at::Tensor x, at::TensorList weights, at::TensorList biases) {
    x = x.contiguous();
    Tensors kept{x};
    kept.insert(kept.end(), weights.begin(), weights.end());
    context->save_for_backward(kept);
    context->saved_data["weights"] = (int64_t)weights.size();
    context->saved_data["biases"] = (int64_t)biases.size();
    return linear_product(x, weights.vec(), biases.vec());
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const int64_t count = context->saved_data["weights"].toInt(), biases = context->saved_data["biases"].toInt();
    const at::Tensor &x = saved[0], grad = grads[0].contiguous();
    torch::autograd::variable_list result(1 + count + biases);
    if (context->needs_input_grad(0)) result[0] = input_gradient(grad, {saved.begin() + 1, saved.end()});
    const at::Tensor sums = biases > 0 ? bias_gradient(grad) : at::Tensor();
    int64_t first = 0;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor &weight = saved[1 + i];
      if (context->needs_input_grad(1 + i)) result[1 + i] = weight_gradient(grad, first, weight.size(0), x).to(weight.scalar_type());
      if (biases > 0 && context->needs_input_grad(1 + count + i)) result[1 + count + i] = sums.narrow(0, first, weight.size(0));
      first += weight.size(0);
    }
    return result;
  }
};

} // namespace
} // namespace fathom

using namespace fathom;

extern "C" {

bool ct_fused_available(int dtype) {
#if defined(__x86_64__)
  static const bool wide = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bf16");
  }();
  return wide && (dtype == CT_FLOAT32 || dtype == CT_BFLOAT16);
#else
  return false;
#endif
}

bool ct_panels_available(int dtype) {
#if defined(__x86_64__)
  // oneDNN multiplies bfloat16 in tiles of hardware (AMX) where there are any.
  static const bool has_tiles = __builtin_cpu_supports("amx-bf16");
  return ct_fused_available(dtype) && !(dtype == CT_BFLOAT16 && has_tiles);
#else
  return false;
#endif
}

ct_tensor ct_pack(ct_tensor weight, int dtype) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return packed(take(weight), static_cast<c10::ScalarType>(dtype));
#else
    TORCH_CHECK(false, "no packed weights for this processor");
#endif
  });
}

ct_tensor ct_panel_linear(ct_tensor x, const ct_tensor *panels, const int64_t *outputs, int count, const ct_tensor *biases, int bias_count, bool gelu) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return product_with_panels(take(x), take(panels, count), {outputs, outputs + count}, take(biases, bias_count), gelu);
#else
    TORCH_CHECK(false, "no packed weights for this processor");
#endif
  });
}

ct_tensor ct_fast_linear(ct_tensor x, const ct_tensor *weights, int count, const ct_tensor *biases, int bias_count) {
  return making([&] {
    const at::Tensor rows = take(x);
    const Tensors w = take(weights, count), b = take(biases, bias_count);
    int64_t outputs = 0;
    for (const at::Tensor &one : w) outputs += one.size(0);
    if (product_pays(rows, w[0].size(1), outputs)) return Linear::apply(rows, at::TensorList(w), at::TensorList(b));
    return plain_linear(rows, w, b);
  });
}
}
