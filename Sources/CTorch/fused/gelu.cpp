#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include "parallel.hpp"
#include "simd.hpp"

using namespace fathom;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)
namespace {

// Φ(x), the normal distribution function, and e^(-x²/2); error of Φ under 1e-7.
// - Source: Abramowitz and Stegun 1964, 7.1.26.
struct Normal {
  __m512 cdf, bell;

  explicit Normal(__m512 x) {
    const __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
    const __m512 t =
        _mm512_div_ps(_mm512_set1_ps(1.f), _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), _mm512_set1_ps(1.f)));
    bell = fathom::exp2(_mm512_mul_ps(_mm512_mul_ps(z, z), _mm512_set1_ps(-1.44269504f)));
    __m512 y = _mm512_set1_ps(1.061405429f);
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(-1.453152027f));
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(1.421413741f));
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(-0.284496736f));
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(0.254829592f));
    const __m512 upper = _mm512_mul_ps(_mm512_mul_ps(_mm512_mul_ps(y, t), bell), _mm512_set1_ps(0.5f)); // 1 - Φ(|x|)
    const __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    cdf = _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1.f), upper), negative, upper);
  }
};

template <typename E> void forward(const E *x, const float *bias, E *out, int64_t rows, int64_t width) {
  for_each_range(rows, [=](int, int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++)
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 u = _mm512_add_ps(load(x + row * width + i), load(bias + i));
        store(out + row * width + i, _mm512_mul_ps(u, Normal(u).cdf));
      }
  });
}

// - sums: one row a thread, zeros at the start, for the gradient of the bias.
template <typename E>
void backward(const E *x, const float *bias, const E *grad, E *out, float *sums, int64_t rows, int64_t width) {
  for_each_range(rows, [=](int thread, int64_t first, int64_t last) {
    float *sum = sums + thread * width;
    for (int64_t row = first; row < last; row++)
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 u = _mm512_add_ps(load(x + row * width + i), load(bias + i));
        const Normal normal(u);
        const __m512 slope = _mm512_fmadd_ps(_mm512_mul_ps(u, normal.bell), _mm512_set1_ps(0.39894228f), normal.cdf);
        const __m512 g = _mm512_mul_ps(load(grad + row * width + i), slope);
        store(out + row * width + i, g);
        store(sum + i, _mm512_add_ps(load(sum + i), g));
      }
  });
}

} // namespace
#pragma clang attribute pop

namespace {

struct BiasGelu : torch::autograd::Function<BiasGelu> {
  static at::Tensor forward(torch::autograd::AutogradContext *context, at::Tensor x, at::Tensor bias) {
    x = x.contiguous();
    const int64_t width = x.size(1), rows = x.size(0);
    at::Tensor out = at::empty_like(x);
    const float *b = static_cast<const float *>(bias.const_data_ptr());
    if (x.scalar_type() == at::kFloat) ::forward(static_cast<const float *>(x.const_data_ptr()), b, out.mutable_data_ptr<float>(), rows, width);
    else ::forward((const uint16_t *)x.const_data_ptr(), b, (uint16_t *)out.mutable_data_ptr(), rows, width);
    context->save_for_backward({x, bias});
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], grad = grads[0].contiguous();
    const int64_t width = x.size(1), rows = x.size(0);
    at::Tensor out = at::empty_like(x);
    at::Tensor sums = at::zeros({at::get_num_threads(), width}, saved[1].options());
    const float *b = static_cast<const float *>(saved[1].const_data_ptr());
    float *s = sums.mutable_data_ptr<float>();
    if (x.scalar_type() == at::kFloat)
      ::backward(static_cast<const float *>(x.const_data_ptr()), b, static_cast<const float *>(grad.const_data_ptr()), out.mutable_data_ptr<float>(), s, rows, width);
    else
      ::backward(
          (const uint16_t *)x.const_data_ptr(), b, (const uint16_t *)grad.const_data_ptr(),
          (uint16_t *)out.mutable_data_ptr(), s, rows, width);
    return {out, sums.sum(0)};
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_bias_gelu(ct_tensor x, ct_tensor bias) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return BiasGelu::apply(take(x), take(bias));
#else
    TORCH_CHECK(false, "no fused GELU for this processor");
#endif
  });
}

extern "C" bool ct_fused_available(int dtype) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (dtype == CT_FLOAT32) return wide && __builtin_cpu_supports("avx512bf16");
  return dtype == CT_BFLOAT16 && wide && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}
