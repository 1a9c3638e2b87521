#include "../shim.hpp"
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>
#include "fused.hpp"

// MKL, which libtorch's float32 products go to, leaves out AVX-512 on processors that are not Intel's; oneDNN, which
// libtorch carries as well, takes it: 450 GFLOPS against 225 on two Zen 5 cores. In bfloat16 both ways end in oneDNN
// and the backward pass alone gains, from the side on which its product is transposed.
namespace fathom {
namespace {

at::Tensor product(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias = {}) {
  using Call = at::Tensor(
      const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, c10::string_view,
      c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);
  static const auto call =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Call>();
  return call.call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

bool is_intel() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_is("intel");
#else
  return false;
#endif
}

// oneDNN compiles a kernel for every new shape (about 0.4 ms): a small product is over sooner without it.
bool pays(const at::Tensor &x, int64_t inputs, int64_t outputs) {
  static const bool intel = is_intel();
  if (intel && x.scalar_type() == at::kFloat) return false;
  return x.dim() == 2 && x.device().is_cpu() && x.size(0) * inputs * outputs >= int64_t(1) << 26 &&
         ct_fused_available((int)x.scalar_type());
}

} // namespace

at::Tensor linear_product(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
  return pays(x, weight.size(1), weight.size(0)) ? product(x, weight, bias) : at::linear(x, weight, bias);
}

at::Tensor weight_gradient(const at::Tensor &grad, const at::Tensor &x) {
  if (!pays(x, x.size(1), grad.size(1))) return at::mm(grad.t(), x);
  // The left side is copied: the narrow one costs less.
  return grad.size(1) <= x.size(1) ? product(grad.t(), x.t()) : product(x.t(), grad.t()).t().contiguous();
}

namespace {

struct Linear : torch::autograd::Function<Linear> {
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor x, at::Tensor weight, std::optional<at::Tensor> bias) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    return linear_product(x, weight, bias);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], grad = grads[0].contiguous();
    at::Tensor forX, forWeight, forBias;
    if (context->needs_input_grad(0)) forX = linear_product(grad, weight.t());
    if (context->needs_input_grad(1)) forWeight = weight_gradient(grad, x);
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2)) forBias = grad.sum(0);
    return {forX, forWeight, forBias};
  }
};

} // namespace
} // namespace fathom

using namespace fathom;

extern "C" ct_tensor ct_fast_linear(ct_tensor x, ct_tensor weight, ct_tensor bias) {
  return making([&] {
    const at::Tensor rows = take(x), w = take(weight);
    const std::optional<at::Tensor> b = bias ? std::optional(take(bias)) : std::nullopt;
    return pays(rows, w.size(1), w.size(0)) ? Linear::apply(rows, w, b) : at::linear(rows, w, b);
  });
}
