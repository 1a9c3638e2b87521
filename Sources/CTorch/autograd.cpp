#include "shim.hpp"

#include <ATen/core/grad_mode.h>

using namespace fathom;

extern "C" {

int ct_set_requires_grad(ct_tensor t, bool required) {
  return doing([&] { take(t).set_requires_grad(required); });
}

bool ct_requires_grad(ct_tensor t) { return take(t).requires_grad(); }
ct_tensor ct_detach(ct_tensor t) {
  return making([&] { return take(t).detach(); });
}

int ct_grad(ct_tensor t, ct_tensor *out) {
  return doing([&] {
    const at::Tensor &gradient = take(t).grad();
    *out = gradient.defined() ? give(gradient) : nullptr;
  });
}

int ct_clear_grad(ct_tensor t) {
  return doing([&] { take(t).mutable_grad() = at::Tensor(); });
}

int ct_backward(ct_tensor loss) {
  return doing([&] { take(loss).backward(); });
}

bool ct_grad_mode(void) { return at::GradMode::is_enabled(); }
void ct_set_grad_mode(bool enabled) { at::GradMode::set_enabled(enabled); }
}
