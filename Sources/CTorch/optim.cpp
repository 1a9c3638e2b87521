#include "shim.hpp"

using namespace fathom;

extern "C" {

int ct_adamw_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *means, const ct_tensor *squares, const ct_tensor *steps, int count, double lr, double beta1, double beta2, double weight_decay, double epsilon) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    auto step_list = take(steps, count);
    at::_foreach_add_(step_list, 1);
    auto p = take(parameters, count);
    at::_fused_adamw_(p, take(gradients, count), take(means, count), take(squares, count), {}, step_list, lr, beta1, beta2, weight_decay, epsilon, false, false);
    // libtorch's fused step forgets it: what is derived from a parameter would go on from the old one.
    for (auto &t : p) t.unsafeGetTensorImpl()->bump_version();
  });
}

int ct_clip_gradients(const ct_tensor *gradients, int count, double maximum_norm, double *norm) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    auto list = take(gradients, count), summed = list;
    for (int i = 0; i < count; i++)
      if (list[i].is_sparse()) {
        list[i] = list[i]._values();
        summed[i] = summed[i].coalesce().values();
      }
    const double total = at::stack(at::_foreach_norm(summed, 2)).norm().item().toDouble();
    *norm = total;
    // The same 1e-6 as torch.nn.utils.clip_grad_norm_.
    if (total > maximum_norm) at::_foreach_mul_(list, maximum_norm / (total + 1e-6));
  });
}
}
