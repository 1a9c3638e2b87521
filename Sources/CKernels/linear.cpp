#include <CKernels/linear.hpp>

#include "autograd.hpp"
#include "tensors.hpp"

namespace fathom {
namespace {

struct LinearSettings {
  size_t biases;
  ProductLimits limits;
};

// Arguments: x, the weights, then as many biases or none.
struct Linear : Differentiable<Linear, LinearSettings> {
  static at::Tensor forward(
      Context *context, at::Tensor x, at::TensorList weights, at::TensorList biases,
      LinearSettings settings) {
    x = x.contiguous();
    Tensors kept{x};
    kept.insert(kept.end(), weights.begin(), weights.end());
    keep(context, kept, settings);
    return linear_product(x, weights.vec(), biases.vec(), settings.limits);
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    const auto [biases, limits] = kept.settings;
    const at::Tensor &x = kept[0];
    const Tensors weights(kept.tensors.begin() + 1, kept.tensors.end());
    const size_t count = weights.size();
    Gradients result(1 + count + biases + 1);
    if (kept.needs_gradient(0)) result[0] = input_gradient(grad, weights, limits);
    const at::Tensor sums = biases > 0 ? bias_gradient(grad) : at::Tensor();
    int64_t first = 0;
    for (size_t i = 0; i < count; i++) {
      const at::Tensor &weight = weights[i];
      const int64_t outputs = weight.size(0);
      if (kept.needs_gradient(1 + i))
        result[1 + i] = weight_gradient(grad, first, outputs, x, limits).to(weight.scalar_type());
      if (biases > 0 && kept.needs_gradient(1 + count + i))
        result[1 + count + i] = sums.narrow(0, first, outputs);
      first += outputs;
    }
    return result;
  }
};

} // namespace

at::Tensor fast_linear(
    const at::Tensor &x, const std::vector<at::Tensor> &weights, const std::vector<at::Tensor> &biases,
    const ProductLimits &limits) {
  if (!has_own_product(x, weights, limits)) return plain_linear(x, weights, biases, limits);
  return Linear::apply(
      x, at::TensorList(weights), at::TensorList(biases), LinearSettings{biases.size(), limits});
}

} // namespace fathom
