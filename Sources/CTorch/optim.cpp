#include "shim.hpp"

#include <CKernels/adamw_rows.hpp>

using namespace fathom;

extern "C" {

int ct_adamw_step(ct_adamw_state state, ct_adamw settings) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    auto steps = take(state.steps);
    at::_foreach_add_(steps, 1);
    auto parameters = take(state.parameters);
    at::_fused_adamw_(
        parameters, take(state.gradients), take(state.means), take(state.squares), {}, steps,
        settings.learning_rate, settings.beta1, settings.beta2, settings.weight_decay, settings.epsilon,
        /*amsgrad=*/false, /*maximize=*/false);
    // libtorch's fused step forgets it: what is derived from a parameter would go on from the old one.
    for (auto &t : parameters) t.unsafeGetTensorImpl()->bump_version();
  });
}

int ct_clip_gradients(ct_list gradients, double maximum_norm, double *norm) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    auto list = take(gradients), summed = list;
    for (size_t i = 0; i < list.size(); i++)
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

ct_tensor ct_zeros_on_demand(const int64_t *sizes, int rank) {
  return making([&] { return zeros_on_demand({sizes, (size_t)rank}); });
}

int ct_adamw_rows(
    ct_adamw_table table, ct_tensor ids, ct_tensor gradient, ct_adamw_history history, ct_adamw settings) {
  static_assert(sizeof(AdamWStep) == 3 * sizeof(float));
  return doing([&] {
    const auto optional = [](ct_tensor t) { return t ? take(t) : at::Tensor(); };
    adamw_rows(
        {take(table.weights), take(table.means), take(table.squares), take(table.seen)}, optional(ids),
        optional(gradient),
        {reinterpret_cast<const AdamWStep *>(history.steps), history.first, history.count, settings.beta1,
         settings.beta2, settings.epsilon});
  });
}
}
