#include <CKernels/packed_linear.hpp>

#include "few_rows.hpp"
#include "packed.hpp"
#include "tensors.hpp"

namespace fathom {
namespace {

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
at::Tensor
stored(int64_t rows, int64_t width, const at::TensorOptions &options, const float *bias, Body body) {
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

// The type that libtorch multiplies in: that of x, but float32 for a few rows, where rounding the weights
// would take longer than the product.
at::ScalarType plain_type(const at::Tensor &x, const Tensors &weights, const ProductLimits &limits) {
  const bool few = x.device().is_cpu() && x.dim() == 2 && x.size(0) * weights[0].numel() < limits.round_from;
  return few ? weights[0].scalar_type() : x.scalar_type();
}

int64_t total_rows(const Tensors &weights) {
  int64_t sum = 0;
  for (const at::Tensor &w : weights) sum += w.size(0);
  return sum;
}

// Whether the weights of this product are packed for it.
bool is_packed(const at::Tensor &x, int64_t inputs, int64_t outputs, const ProductLimits &limits) {
  return x.dim() == 2 && x.device().is_cpu() && inputs % 16 == 0 && outputs % 16 == 0 &&
         x.size(0) * inputs * outputs >= limits.pack_from && has_kernels(x.scalar_type());
}

// Whether the product of these rows with the weights, or a gradient of it, goes to few_rows.hpp.
bool has_few_rows(
    const at::Tensor &x, int64_t inputs, int64_t outputs, const Tensors &weights,
    const ProductLimits &limits) {
  if (x.dim() != 2 || x.size(0) == 0 || x.size(0) > limits.few_rows) return false;
  if (!x.device().is_cpu() || inputs % 16 != 0) return false;
  if (x.size(0) * inputs * outputs >= limits.round_from || !has_kernels(x.scalar_type())) return false;
  return std::all_of(weights.begin(), weights.end(), [](const at::Tensor &w) {
    return w.scalar_type() == at::kFloat && w.is_contiguous() && w.size(0) % 16 == 0;
  });
}

} // namespace

at::Tensor plain_linear(
    const at::Tensor &x, const Tensors &weights, const Tensors &biases, const ProductLimits &limits) {
  const auto type = plain_type(x, weights, limits);
  const auto bias = biases.empty() ? std::optional<at::Tensor>() : joined(biases).to(type);
  return at::linear(x.to(type), joined(weights).to(type), bias).to(x.scalar_type());
}

bool has_own_product(const at::Tensor &x, const Tensors &weights, const ProductLimits &limits) {
  const int64_t inputs = weights[0].size(1), outputs = total_rows(weights);
  return is_packed(x, inputs, outputs, limits) || has_few_rows(x, inputs, outputs, weights, limits);
}

at::Tensor linear_product(
    const at::Tensor &x, const Tensors &weights, const Tensors &biases, const ProductLimits &limits) {
  const int64_t outputs = total_rows(weights);
#if defined(__x86_64__)
  if (is_packed(x, x.size(1), outputs, limits)) {
    return product_with_panels(x, packed(weights, x.scalar_type()), heights(weights), biases, false);
  }
  if (has_few_rows(x, x.size(1), outputs, weights, limits)) return few_rows_linear(x, weights, biases);
#endif
  return plain_linear(x, weights, biases, limits);
}

at::Tensor input_gradient(const at::Tensor &grad, const Tensors &weights, const ProductLimits &limits) {
  const int64_t inputs = weights[0].size(1);
#if defined(__x86_64__)
  if (is_packed(grad, inputs, grad.size(1), limits)) {
    at::Tensor panels = empty_panels(inputs, grad.size(1), grad.options());
    by_type(grad, [&](auto t) {
      using Type = decltype(t);
      auto *to = reinterpret_cast<uint32_t *>(panels.mutable_data_ptr());
      const int64_t size = panels.size(1) * kPanel / Type::kPerUnit;
      Tensors lists;
      for (const at::Tensor &weight : weights) lists.push_back(weight.contiguous());
      for_each_task(panels.size(0), [&](int64_t p) {
        const int columns = (int)std::min<int64_t>(kPanel, inputs - p * kPanel);
        uint32_t *panel = to + p * size;
        for (const at::Tensor &w : lists) {
          const auto pack_part = [&](const auto *from) {
            pack_columns<Type>(from + p * kPanel, inputs, w.size(0), columns, panel);
          };
          if (w.scalar_type() == at::kFloat) pack_part(elements<float>(w));
          else pack_part(elements<uint16_t>(w));
          panel += w.size(0) * kPanel / Type::kPerUnit;
        }
      });
    });
    return product_with_panels(grad, {panels}, {inputs}, {}, false);
  }
  if (has_few_rows(grad, inputs, grad.size(1), weights, limits)) {
    const at::Tensor g = grad.to(at::kFloat).contiguous();
    return stored(g.size(0), inputs, grad.options(), nullptr, [&](auto store) {
      few_rows_input_gradient(elements<float>(g), g.size(1), g.size(0), inputs, laid_out(weights), store);
    });
  }
#endif
  const auto type = plain_type(grad, weights, limits);
  return at::mm(grad.to(type), joined(weights).to(type)).to(grad.scalar_type());
}

at::Tensor weight_gradient(
    const at::Tensor &grad, int64_t first, int64_t outputs, const at::Tensor &x,
    const ProductLimits &limits) {
#if defined(__x86_64__)
  if (is_packed(x, x.size(1), outputs, limits)) {
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
  if (has_few_rows(x, x.size(1), outputs, {}, limits)) {
    const at::Tensor g = grad.to(at::kFloat).contiguous(), rows = x.to(at::kFloat).contiguous();
    at::Tensor out = at::empty({outputs, x.size(1)}, g.options().requires_grad(false));
    few_rows_weight_gradient(
        elements<float>(g) + first, g.size(1), elements<float>(rows), x.size(0), outputs, x.size(1),
        mutable_elements<float>(out));
    return out;
  }
#endif
  const at::Tensor part = grad.narrow(1, first, outputs).t();
  if (x.size(0) * x.size(1) * outputs >= limits.round_from) return at::mm(part, x).to(at::kFloat);
  return at::mm(part.to(at::kFloat), x.to(at::kFloat));
}

at::Tensor bias_gradient(const at::Tensor &grad) { return at::sum(grad, 0, false, at::kFloat); }

at::Tensor pack([[maybe_unused]] const at::Tensor &weight, [[maybe_unused]] at::ScalarType type) {
#if defined(__x86_64__)
  return packed({weight}, type)[0];
#else
  TORCH_CHECK(false, "no packed weights for this processor");
#endif
}

at::Tensor packed_linear(
    [[maybe_unused]] const at::Tensor &x, [[maybe_unused]] const Tensors &panels,
    [[maybe_unused]] const std::vector<int64_t> &outputs, [[maybe_unused]] const Tensors &biases,
    [[maybe_unused]] bool has_gelu) {
#if defined(__x86_64__)
  return product_with_panels(x, panels, outputs, biases, has_gelu);
#else
  TORCH_CHECK(false, "no packed weights for this processor");
#endif
}

} // namespace fathom
