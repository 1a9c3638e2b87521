#include <CKernels/residual_norm.hpp>
#include <cmath>

#include "autograd.hpp"
#include "lanes.hpp"
#include "parallel.hpp"

namespace fathom {

#if defined(__x86_64__)
FATHOM_AVX512_BEGIN
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
  void
  forward(const E *x, const E *residual, E *sum, E *out, float *moments, int64_t first, int64_t last) const {
    for (int64_t row = first; row < last; row++) {
      const int64_t start = row * width;
      const uint32_t row_seed = Dropout::seed(seed, row);
      __m512 total = _mm512_setzero_ps();
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 y = _mm512_add_ps(load(x + start + i), load(bias + i));
        const __m512 dropped =
            _mm512_maskz_mul_ps(dropout.kept(row_seed, i), y, _mm512_set1_ps(dropout.scale));
        const __m512 s = rounded(_mm512_add_ps(load(residual + start + i), dropped), x);
        store(sum + start + i, s);
        total = _mm512_add_ps(total, s);
      }
      const float mean = _mm512_reduce_add_ps(total) / (float)width;
      __m512 squares = _mm512_setzero_ps();
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 d = _mm512_sub_ps(load(sum + start + i), _mm512_set1_ps(mean));
        squares = _mm512_fmadd_ps(d, d, squares);
      }
      const float inverse = 1 / std::sqrt(_mm512_reduce_add_ps(squares) / (float)width + epsilon);
      moments[2 * row] = mean;
      moments[2 * row + 1] = inverse;
      for (int64_t i = 0; i < width; i += kLanes)
        store(
            out + start + i,
            _mm512_fmadd_ps(normal(sum + start + i, mean, inverse), load(gain + i), load(offset + i)));
    }
  }

  // - sums: [3, width] of this thread: gradients of bias, gain and offset.
  void backward(
      const E *sum, const float *moments, const E *grad, E *grad_x, E *grad_residual, float *sums,
      int64_t first, int64_t last) const {
    for (int64_t row = first; row < last; row++) {
      const int64_t start = row * width;
      const uint32_t row_seed = Dropout::seed(seed, row);
      const float mean = moments[2 * row], inverse = moments[2 * row + 1];
      __m512 sum_scaled = _mm512_setzero_ps(), sum_normalised = sum_scaled;
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 g = load(grad + start + i), n = normal(sum + start + i, mean, inverse);
        const __m512 scaled = _mm512_mul_ps(g, load(gain + i));
        sum_scaled = _mm512_add_ps(sum_scaled, scaled);
        sum_normalised = _mm512_fmadd_ps(scaled, n, sum_normalised);
        store(sums + width + i, _mm512_fmadd_ps(g, n, load(sums + width + i)));
        store(sums + 2 * width + i, _mm512_add_ps(g, load(sums + 2 * width + i)));
      }
      const __m512 a = _mm512_set1_ps(_mm512_reduce_add_ps(sum_scaled) / (float)width);
      const __m512 b = _mm512_set1_ps(_mm512_reduce_add_ps(sum_normalised) / (float)width);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 n = normal(sum + start + i, mean, inverse);
        const __m512 scaled = _mm512_mul_ps(load(grad + start + i), load(gain + i));
        const __m512 inner = _mm512_sub_ps(_mm512_sub_ps(scaled, a), _mm512_mul_ps(n, b));
        const __m512 d = _mm512_mul_ps(inner, _mm512_set1_ps(inverse));
        const __m512 dropped =
            _mm512_maskz_mul_ps(dropout.kept(row_seed, i), d, _mm512_set1_ps(dropout.scale));
        store(grad_residual + start + i, d);
        store(grad_x + start + i, dropped);
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
FATHOM_AVX512_END

namespace {

struct ResidualNormSettings {
  double epsilon, dropout;
  uint64_t seed;
};

template <typename E>
ResidualNorm<E> kernel(
    const at::Tensor &bias, const at::Tensor &gain, const at::Tensor &offset,
    const ResidualNormSettings &settings) {
  return {
      gain.size(0),
      elements<float>(bias),
      elements<float>(gain),
      elements<float>(offset),
      (float)settings.epsilon,
      Dropout(settings.dropout),
      settings.seed};
}

template <typename E>
void forward(
    const ResidualNorm<E> &norm, const at::Tensor &x, const at::Tensor &residual, const at::Tensor &sum,
    const at::Tensor &out, const at::Tensor &moments) {
  for_each_range(
      x.size(0),
      [&](int, int64_t first, int64_t last) {
        norm.forward(
            elements<E>(x), elements<E>(residual), mutable_elements<E>(sum), mutable_elements<E>(out),
            mutable_elements<float>(moments), first, last);
      },
      norm.width);
}

template <typename E>
void backward(
    const ResidualNorm<E> &norm, const at::Tensor &sum, const at::Tensor &moments, const at::Tensor &grad,
    const at::Tensor &grad_x, const at::Tensor &grad_residual, const at::Tensor &sums) {
  for_each_range(sum.size(0), [&](int thread, int64_t first, int64_t last) {
    norm.backward(
        elements<E>(sum), elements<float>(moments), elements<E>(grad), mutable_elements<E>(grad_x),
        mutable_elements<E>(grad_residual), mutable_elements<float>(sums) + thread * 3 * norm.width, first,
        last);
  });
}

struct DropoutResidualNorm : Differentiable<DropoutResidualNorm, ResidualNormSettings> {
  static at::Tensor forward(
      Context *context, at::Tensor x, at::Tensor bias, at::Tensor residual, at::Tensor gain,
      at::Tensor offset, ResidualNormSettings settings) {
    x = x.contiguous();
    residual = residual.contiguous();
    at::Tensor out = at::empty_like(x), sum = at::empty_like(x);
    at::Tensor moments = at::empty({x.size(0), 2}, gain.options());
    if (x.scalar_type() == at::kFloat)
      fathom::forward(kernel<float>(bias, gain, offset, settings), x, residual, sum, out, moments);
    else fathom::forward(kernel<uint16_t>(bias, gain, offset, settings), x, residual, sum, out, moments);
    keep(context, {sum, moments, bias, gain, offset}, settings);
    return out;
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    const at::Tensor &sum = kept[0], &moments = kept[1], &bias = kept[2], &gain = kept[3], &offset = kept[4];
    const at::Tensor grad_x = at::empty_like(sum), grad_residual = at::empty_like(sum);
    const at::Tensor sums = at::zeros({at::get_num_threads(), 3, gain.size(0)}, gain.options());
    if (sum.scalar_type() == at::kFloat)
      fathom::backward(
          kernel<float>(bias, gain, offset, kept.settings), sum, moments, grad, grad_x, grad_residual, sums);
    else
      fathom::backward(
          kernel<uint16_t>(bias, gain, offset, kept.settings), sum, moments, grad, grad_x, grad_residual,
          sums);
    const auto total = sums.sum(0);
    return {grad_x, total[0], grad_residual, total[1], total[2], {}};
  }
};

} // namespace
#endif

at::Tensor residual_norm(
    [[maybe_unused]] const at::Tensor &x, [[maybe_unused]] const at::Tensor &bias,
    [[maybe_unused]] const at::Tensor &residual, [[maybe_unused]] const at::Tensor &gain,
    [[maybe_unused]] const at::Tensor &offset, [[maybe_unused]] double epsilon,
    [[maybe_unused]] double dropout) {
#if defined(__x86_64__)
  const uint64_t seed = dropout > 0 ? (uint64_t)draw_seed() : 0;
  return DropoutResidualNorm::apply(
      x, bias, residual, gain, offset, ResidualNormSettings{epsilon, dropout, seed});
#else
  TORCH_CHECK(false, "no fused LayerNorm for this processor");
#endif
}

} // namespace fathom
