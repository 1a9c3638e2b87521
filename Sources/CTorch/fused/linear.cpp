#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include "fused.hpp"

using namespace fathom;

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

extern "C" ct_tensor ct_fast_linear(ct_tensor x, const ct_tensor *weights, int count, const ct_tensor *biases, int bias_count) {
  return making([&] {
    const at::Tensor rows = take(x);
    const Tensors w = take(weights, count), b = take(biases, bias_count);
    if (has_own_product(rows, w)) return Linear::apply(rows, at::TensorList(w), at::TensorList(b));
    return plain_linear(rows, w, b);
  });
}
