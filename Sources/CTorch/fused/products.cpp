#include "../shim.hpp"
#include "few_rows.hpp"
#include "fused.hpp"
#include "packed.hpp"

namespace fathom {
namespace {

// Multiplications from which packing a weight is soon made up for.
constexpr int64_t kWorthwhile = int64_t(1) << 26;
// With more rows than this MKL makes up for copying the weights.
constexpr int64_t kFewRows = 64;

#if defined(__x86_64__)
// Float32 weights as they lie in memory; the tensors must live as long.
std::vector<Weight> laid_out(const Tensors &weights) {
  std::vector<Weight> list;
  int64_t first = 0;
  for (const at::Tensor &w : weights) {
    list.push_back({elements<float>(w), w.size(0), first});
    first += w.size(0);
  }
  return list;
}

// Runs body(Store) for a new tensor [rows, width] of the given type, which is the result.
template <typename Body>
at::Tensor stored(int64_t rows, int64_t width, const at::TensorOptions &options, const float *bias, Body body) {
  at::Tensor out = at::empty({rows, width}, options.requires_grad(false));
  by_type(out, [&](auto t) {
    using Element = typename decltype(t)::Element;
    body(Store<Element, false>{mutable_elements<Element>(out), width, bias});
  });
  return out;
}

at::Tensor few_rows_linear(const at::Tensor &x, const Tensors &weights, const Tensors &biases) {
  const at::Tensor rows = x.to(at::kFloat).contiguous();
  const at::Tensor bias = joined_bias(biases);
  const std::vector<Weight> list = laid_out(weights);
  const float *b = bias.defined() ? elements<float>(bias) : nullptr;
  return stored(x.size(0), list.back().first + list.back().rows, x.options(), b, [&](auto store) {
    few_rows_product(elements<float>(rows), x.size(0), x.size(1), list, store);
  });
}
#endif

std::vector<int64_t> heights(const Tensors &weights) {
  std::vector<int64_t> list;
  for (const at::Tensor &w : weights) list.push_back(w.size(0));
  return list;
}

// The type to multiply in by libtorch: that of x, but for a few rows by float32 weights, which to round costs more than
// to multiply by.
at::ScalarType plain_type(const at::Tensor &x, const Tensors &weights) {
  const bool few = x.device().is_cpu() && x.dim() == 2 && x.size(0) * weights[0].numel() < kWorthwhile;
  return few ? weights[0].scalar_type() : x.scalar_type();
}

int64_t total_rows(const Tensors &weights) {
  int64_t sum = 0;
  for (const at::Tensor &w : weights) sum += w.size(0);
  return sum;
}

// Whether a product is worth packing a weight for.
bool packing_pays(const at::Tensor &x, int64_t inputs, int64_t outputs) {
  return x.dim() == 2 && x.device().is_cpu() && inputs % 16 == 0 && outputs % 16 == 0 &&
         x.size(0) * inputs * outputs >= kWorthwhile && ct_panels_available((int)x.scalar_type());
}

// Whether the product of these rows with the weights, or the gradients of it, goes by few_rows.hpp.
bool few_rows(const at::Tensor &x, int64_t inputs, int64_t outputs, const Tensors &weights) {
  if (x.dim() != 2 || x.size(0) == 0 || x.size(0) > kFewRows || !x.device().is_cpu() || inputs % 16 != 0) return false;
  if (x.size(0) * inputs * outputs >= kWorthwhile || !ct_fused_available((int)x.scalar_type())) return false;
  return std::all_of(weights.begin(), weights.end(), [](const at::Tensor &w) {
    return w.scalar_type() == at::kFloat && w.is_contiguous() && w.size(0) % 16 == 0;
  });
}

} // namespace

at::Tensor plain_linear(const at::Tensor &x, const Tensors &weights, const Tensors &biases) {
  const auto type = plain_type(x, weights);
  const auto bias = biases.empty() ? std::optional<at::Tensor>() : joined(biases).to(type);
  return at::linear(x.to(type), joined(weights).to(type), bias).to(x.scalar_type());
}

bool has_own_product(const at::Tensor &x, const Tensors &weights) {
  const int64_t inputs = weights[0].size(1), outputs = total_rows(weights);
  return packing_pays(x, inputs, outputs) || few_rows(x, inputs, outputs, weights);
}

at::Tensor linear_product(const at::Tensor &x, const Tensors &weights, const Tensors &biases) {
  const int64_t outputs = total_rows(weights);
#if defined(__x86_64__)
  if (packing_pays(x, x.size(1), outputs)) {
    Tensors panels;
    for (const at::Tensor &w : weights) panels.push_back(packed(w, x.scalar_type()));
    return product_with_panels(x, panels, heights(weights), biases, false);
  }
  if (few_rows(x, x.size(1), outputs, weights)) return few_rows_linear(x, weights, biases);
#endif
  return plain_linear(x, weights, biases);
}

at::Tensor input_gradient(const at::Tensor &grad, const Tensors &weights) {
  const int64_t inputs = weights[0].size(1);
#if defined(__x86_64__)
  if (packing_pays(grad, inputs, grad.size(1))) {
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
  if (few_rows(grad, inputs, grad.size(1), weights)) {
    const at::Tensor g = grad.to(at::kFloat).contiguous();
    return stored(g.size(0), inputs, grad.options(), nullptr, [&](auto store) {
      few_rows_input_gradient(elements<float>(g), g.size(1), g.size(0), inputs, laid_out(weights), store);
    });
  }
#endif
  const auto type = plain_type(grad, weights);
  return at::mm(grad.to(type), joined(weights).to(type)).to(grad.scalar_type());
}

at::Tensor weight_gradient(const at::Tensor &grad, int64_t first, int64_t outputs, const at::Tensor &x) {
#if defined(__x86_64__)
  if (packing_pays(x, x.size(1), outputs)) {
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
  if (few_rows(x, x.size(1), outputs, {})) {
    const at::Tensor g = grad.to(at::kFloat).contiguous(), rows = x.to(at::kFloat).contiguous();
    at::Tensor out = at::empty({outputs, x.size(1)}, g.options().requires_grad(false));
    few_rows_weight_gradient(
        elements<float>(g) + first, g.size(1), elements<float>(rows), x.size(0), outputs, x.size(1), mutable_elements<float>(out));
    return out;
  }
#endif
  const at::Tensor part = grad.narrow(1, first, outputs).t();
  if (x.size(0) * x.size(1) * outputs >= kWorthwhile) return at::mm(part, x).to(at::kFloat);
  return at::mm(part.to(at::kFloat), x.to(at::kFloat));
}

at::Tensor bias_gradient(const at::Tensor &grad) { return at::sum(grad, 0, false, at::kFloat); }

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
}
