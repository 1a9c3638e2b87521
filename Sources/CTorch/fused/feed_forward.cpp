#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include "fused.hpp"
#include "normal.hpp"
#include "parallel.hpp"

using namespace fathom;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)
namespace {

template <typename E> void activate(const E *x, E *out, int64_t count) {
  for_each_range(count / kLanes, [=](int, int64_t first, int64_t last) {
    for (int64_t i = first * kLanes; i < last * kLanes; i += kLanes) store(out + i, gelu(load(x + i)));
  });
}

// The gradient at x takes the place of the one at gelu(x).
// - sums: one row a thread, zeros at the start, for the gradient of the bias.
template <typename E> void differentiate(const E *x, E *grad, float *sums, int64_t rows, int64_t width) {
  for_each_range(rows, [=](int thread, int64_t first, int64_t last) {
    float *sum = sums + thread * width;
    for (int64_t row = first; row < last; row++)
      for (int64_t i = 0; i < width; i += kLanes) {
        E *place = grad + row * width + i;
        const __m512 u = load(x + row * width + i);
        const Normal normal(u);
        const __m512 slope = _mm512_fmadd_ps(_mm512_mul_ps(u, normal.bell), _mm512_set1_ps(0.39894228f), normal.cdf);
        const __m512 g = _mm512_mul_ps(load(place), slope);
        store(place, g);
        store(sum + i, _mm512_add_ps(load(sum + i), g));
      }
  });
}

} // namespace
#pragma clang attribute pop

namespace {

at::Tensor activated(const at::Tensor &x) {
  at::Tensor out = at::empty_like(x);
  if (x.scalar_type() == at::kFloat) activate(elements<float>(x), mutable_elements<float>(out), x.numel());
  else activate(elements<uint16_t>(x), mutable_elements<uint16_t>(out), x.numel());
  return out;
}

at::Tensor differentiated(const at::Tensor &x, at::Tensor &grad) {
  at::Tensor sums = at::zeros({at::get_num_threads(), x.size(1)}, x.options().dtype(at::kFloat));
  float *s = sums.mutable_data_ptr<float>();
  if (x.scalar_type() == at::kFloat)
    differentiate(elements<float>(x), mutable_elements<float>(grad), s, x.size(0), x.size(1));
  else
    differentiate(elements<uint16_t>(x), mutable_elements<uint16_t>(grad), s, x.size(0), x.size(1));
  return sums.sum(0);
}

// What GELU gives, four times the width of the block, is not kept: it costs a few percent of the products to make again.
struct FeedForward : torch::autograd::Function<FeedForward> {
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor x, at::Tensor inner, at::Tensor bias, at::Tensor outer) {
    x = x.contiguous();
    const at::Tensor u = linear_product(x, {inner}, {bias});
    context->save_for_backward({x, u, inner, bias, outer});
    return linear_product(activated(u), {outer});
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &u = saved[1], &inner = saved[2], &outer = saved[4], grad = grads[0].contiguous();
    torch::autograd::variable_list result(4);
    if (context->needs_input_grad(3)) result[3] = weight_gradient(grad, 0, outer.size(0), activated(u)).to(outer.scalar_type());
    at::Tensor slope = input_gradient(grad, {outer});
    result[2] = differentiated(u, slope);
    if (context->needs_input_grad(1)) result[1] = weight_gradient(slope, 0, inner.size(0), x).to(inner.scalar_type());
    if (context->needs_input_grad(0)) result[0] = input_gradient(slope, {inner});
    return result;
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_feed_forward(ct_tensor x, ct_tensor inner, ct_tensor bias, ct_tensor outer) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return FeedForward::apply(take(x), take(inner), take(bias), take(outer));
#else
    TORCH_CHECK(false, "no fused feed-forward net for this processor");
#endif
  });
}
