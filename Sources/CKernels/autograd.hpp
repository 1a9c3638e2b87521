// What the operations with a backward pass of their own share: they keep tensors and a struct of settings.
#pragma once
#include <torch/csrc/autograd/custom_function.h>
#include <utility>

#include "tensors.hpp"

namespace fathom {

using Context = torch::autograd::AutogradContext;
using Gradients = torch::autograd::variable_list;

// An operation with one result. It has
//   static at::Tensor forward(Context *, tensors…, Settings): the result, after keep(context, tensors,
//   settings) static Gradients gradients(const Kept &, const at::Tensor &grad): one for each argument of
//   `forward`,
//     undefined for the settings
// and is called through apply(tensors…, settings).
template <class Operation, typename Settings> struct Differentiable : torch::autograd::Function<Operation> {
  struct Kept {
    Tensors tensors;
    Settings settings;
    Context *context;

    bool needs_gradient(size_t argument) const { return context->needs_input_grad(argument); }
    const at::Tensor &operator[](size_t index) const { return tensors[index]; }
  };

  static Gradients backward(Context *context, Gradients grads) {
    const auto box = context->saved_data[kKey].toCapsule();
    const Settings &settings = static_cast<const Box &>(*box).settings;
    return Operation::gradients(
        Kept{context->get_saved_variables(), settings, context}, grads[0].contiguous());
  }

protected:
  static void keep(Context *context, Tensors tensors, const Settings &settings) {
    context->save_for_backward(std::move(tensors));
    context->saved_data[kKey] = c10::IValue::make_capsule(c10::make_intrusive<Box>(settings));
  }

private:
  static constexpr const char *kKey = "settings";

  struct Box : torch::CustomClassHolder {
    const Settings settings;
    explicit Box(const Settings &settings) : settings(settings) {}
  };
};

} // namespace fathom
