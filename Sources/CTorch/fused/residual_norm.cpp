#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include <cmath>
#include "fused.hpp"
#include "parallel.hpp"
#include "simd.hpp"

using namespace fathom;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)
namespace {

// LayerNorm(residual + dropout(x + bias)) over rows of `width` elements, a multiple of 16.
// - Source: Devlin et al. 2019, "BERT"; Ba, Kiros and Hinton 2016, "Layer Normalization".
template <typename E> struct ResidualNorm {
  int64_t width;
  const float *bias, *gain, *offset;
  float epsilon;
  Dropout dropout;
  uint64_t seed;

  // - sum: what is normalised, kept for the backward pass. - moments: mean and 1 / deviation of each row.
  void forward(const E *x, const E *residual, E *sum, E *out, float *moments, int64_t first, int64_t last) const {
    for (int64_t row = first; row < last; row++) {
      const int64_t place = row * width;
      const uint32_t row_seed = Dropout::seed(seed, row);
      __m512 total = _mm512_setzero_ps();
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 y = _mm512_add_ps(load(x + place + i), load(bias + i));
        const __m512 dropped = _mm512_maskz_mul_ps(dropout.kept(row_seed, i), y, _mm512_set1_ps(dropout.scale));
        const __m512 s = rounded(_mm512_add_ps(load(residual + place + i), dropped), x);
        store(sum + place + i, s);
        total = _mm512_add_ps(total, s);
      }
      const float mean = _mm512_reduce_add_ps(total) / (float)width;
      __m512 squares = _mm512_setzero_ps();
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 d = _mm512_sub_ps(load(sum + place + i), _mm512_set1_ps(mean));
        squares = _mm512_fmadd_ps(d, d, squares);
      }
      const float inverse = 1 / std::sqrt(_mm512_reduce_add_ps(squares) / (float)width + epsilon);
      moments[2 * row] = mean;
      moments[2 * row + 1] = inverse;
      for (int64_t i = 0; i < width; i += kLanes)
        store(out + place + i, _mm512_fmadd_ps(normal(sum + place + i, mean, inverse), load(gain + i), load(offset + i)));
    }
  }

  // - sums: [3, width] of this thread: gradients of bias, gain and offset.
  void backward(
      const E *sum, const float *moments, const E *grad, E *grad_x, E *grad_residual, float *sums, int64_t first,
      int64_t last) const {
    for (int64_t row = first; row < last; row++) {
      const int64_t place = row * width;
      const uint32_t row_seed = Dropout::seed(seed, row);
      const float mean = moments[2 * row], inverse = moments[2 * row + 1];
      __m512 plain = _mm512_setzero_ps(), along = plain;
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 g = load(grad + place + i), n = normal(sum + place + i, mean, inverse);
        const __m512 scaled = _mm512_mul_ps(g, load(gain + i));
        plain = _mm512_add_ps(plain, scaled);
        along = _mm512_fmadd_ps(scaled, n, along);
        store(sums + width + i, _mm512_fmadd_ps(g, n, load(sums + width + i)));
        store(sums + 2 * width + i, _mm512_add_ps(g, load(sums + 2 * width + i)));
      }
      const __m512 a = _mm512_set1_ps(_mm512_reduce_add_ps(plain) / (float)width);
      const __m512 b = _mm512_set1_ps(_mm512_reduce_add_ps(along) / (float)width);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 n = normal(sum + place + i, mean, inverse);
        const __m512 scaled = _mm512_mul_ps(load(grad + place + i), load(gain + i));
        const __m512 inner = _mm512_sub_ps(_mm512_sub_ps(scaled, a), _mm512_mul_ps(n, b));
        const __m512 d = _mm512_mul_ps(inner, _mm512_set1_ps(inverse));
        const __m512 dropped = _mm512_maskz_mul_ps(dropout.kept(row_seed, i), d, _mm512_set1_ps(dropout.scale));
        store(grad_residual + place + i, d);
        store(grad_x + place + i, dropped);
        store(sums + i, _mm512_add_ps(dropped, load(sums + i)));
      }
    }
  }

private:
  static __m512 normal(const E *sum, float mean, float inverse) {
    return _mm512_mul_ps(_mm512_sub_ps(load(sum), _mm512_set1_ps(mean)), _mm512_set1_ps(inverse));
  }
};

} // namespace
#pragma clang attribute pop

namespace {

template <typename E>
void forward(
    const ResidualNorm<E> &norm, const at::Tensor &x, const at::Tensor &residual, at::Tensor &sum, at::Tensor &out,
    at::Tensor &moments) {
  for_each_range(x.size(0), [&](int, int64_t first, int64_t last) {
    norm.forward(
        elements<E>(x), elements<E>(residual), mutable_elements<E>(sum), mutable_elements<E>(out), moments.mutable_data_ptr<float>(), first, last);
  });
}

template <typename E>
void backward(
    const ResidualNorm<E> &norm, const at::Tensor &sum, const at::Tensor &moments, const at::Tensor &grad,
    at::Tensor &grad_x, at::Tensor &grad_residual, at::Tensor &sums) {
  for_each_range(sum.size(0), [&](int thread, int64_t first, int64_t last) {
    norm.backward(
        elements<E>(sum), elements<float>(moments), elements<E>(grad), mutable_elements<E>(grad_x), mutable_elements<E>(grad_residual),
        sums.mutable_data_ptr<float>() + thread * 3 * norm.width, first, last);
  });
}

struct DropoutResidualNorm : torch::autograd::Function<DropoutResidualNorm> {
  template <typename E>
  static ResidualNorm<E> norm(
      const at::Tensor &bias, const at::Tensor &gain, const at::Tensor &offset, double epsilon, double p, int64_t seed) {
    return {gain.size(0), elements<float>(bias), elements<float>(gain), elements<float>(offset), (float)epsilon, Dropout(p), (uint64_t)seed};
  }

  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor x, at::Tensor bias, at::Tensor residual, at::Tensor gain,
      at::Tensor offset, double epsilon, double p) {
    x = x.contiguous();
    residual = residual.contiguous();
    const int64_t seed = p > 0 ? draw_seed() : 0;
    at::Tensor out = at::empty_like(x), sum = at::empty_like(x);
    at::Tensor moments = at::empty({x.size(0), 2}, gain.options());
    if (x.scalar_type() == at::kFloat)
      ::forward(norm<float>(bias, gain, offset, epsilon, p, seed), x, residual, sum, out, moments);
    else
      ::forward(norm<uint16_t>(bias, gain, offset, epsilon, p, seed), x, residual, sum, out, moments);
    context->save_for_backward({sum, moments, bias, gain, offset});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["p"] = p;
    context->saved_data["seed"] = seed;
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &sum = saved[0], &bias = saved[2], &gain = saved[3], &offset = saved[4];
    const at::Tensor grad = grads[0].contiguous();
    const double epsilon = context->saved_data["epsilon"].toDouble(), p = context->saved_data["p"].toDouble();
    const int64_t seed = context->saved_data["seed"].toInt();
    at::Tensor grad_x = at::empty_like(sum), grad_residual = at::empty_like(sum);
    at::Tensor sums = at::zeros({at::get_num_threads(), 3, gain.size(0)}, gain.options());
    if (sum.scalar_type() == at::kFloat)
      ::backward(norm<float>(bias, gain, offset, epsilon, p, seed), sum, saved[1], grad, grad_x, grad_residual, sums);
    else
      ::backward(norm<uint16_t>(bias, gain, offset, epsilon, p, seed), sum, saved[1], grad, grad_x, grad_residual, sums);
    const auto total = sums.sum(0);
    return {grad_x, total[0], grad_residual, total[1], total[2], {}, {}};
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_dropout_residual_norm(
    ct_tensor x, ct_tensor bias, ct_tensor residual, ct_tensor gain, ct_tensor offset, double epsilon, double dropout) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return DropoutResidualNorm::apply(
        take(x), take(bias), take(residual), take(gain), take(offset), epsilon, dropout);
#else
    TORCH_CHECK(false, "no fused LayerNorm for this processor");
#endif
  });
}
