#include <CKernels/feed_forward.hpp>

#include "autograd.hpp"
#include "normal.hpp"
#include "parallel.hpp"

namespace fathom {

#if defined(__x86_64__)
FATHOM_AVX512_BEGIN
namespace {

template <typename E> void activate(const E *x, E *out, int64_t count) {
  for_each_range(
      count / kLanes,
      [=](int, int64_t first, int64_t last) {
        for (int64_t i = first * kLanes; i < last * kLanes; i += kLanes) store(out + i, gelu(load(x + i)));
      },
      kLanes);
}

// The gradient at x takes the place of the one at gelu(x).
// - sums: one row a thread, zeros at the start, for the gradient of the bias.
template <typename E> void differentiate(const E *x, E *grad, float *sums, int64_t rows, int64_t width) {
  for_each_range(rows, [=](int thread, int64_t first, int64_t last) {
    float *sum = sums + thread * width;
    for (int64_t row = first; row < last; row++)
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 u = load(x + row * width + i);
        const Normal normal(u);
        // gelu'(u) = Φ(u) + u φ(u)
        const __m512 derivative =
            _mm512_fmadd_ps(_mm512_mul_ps(u, normal.unscaled_pdf), _mm512_set1_ps(kPdfScale), normal.cdf);
        const __m512 g = _mm512_mul_ps(load(grad + row * width + i), derivative);
        store(grad + row * width + i, g);
        store(sum + i, _mm512_add_ps(load(sum + i), g));
      }
  });
}

} // namespace
FATHOM_AVX512_END

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
  else differentiate(elements<uint16_t>(x), mutable_elements<uint16_t>(grad), s, x.size(0), x.size(1));
  return sums.sum(0);
}

// The result of GELU, four times the width of the block, is not kept: it costs a few percent of the products
// to make again.
struct FeedForward : Differentiable<FeedForward, ProductLimits> {
  static at::Tensor forward(
      Context *context, at::Tensor x, at::Tensor inner, at::Tensor bias, at::Tensor outer,
      ProductLimits limits) {
    x = x.contiguous();
    const at::Tensor u = linear_product(x, {inner}, {bias}, limits);
    keep(context, {x, u, inner, bias, outer}, limits);
    return linear_product(activated(u), {outer}, {}, limits);
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    const at::Tensor &x = kept[0], &u = kept[1], &inner = kept[2], &outer = kept[4];
    const ProductLimits &limits = kept.settings;
    Gradients result(5);
    if (kept.needs_gradient(3))
      result[3] = weight_gradient(grad, 0, outer.size(0), activated(u), limits).to(outer.scalar_type());
    at::Tensor inner_grad = input_gradient(grad, {outer}, limits);
    result[2] = differentiated(u, inner_grad);
    if (kept.needs_gradient(1))
      result[1] = weight_gradient(inner_grad, 0, inner.size(0), x, limits).to(inner.scalar_type());
    if (kept.needs_gradient(0)) result[0] = input_gradient(inner_grad, {inner}, limits);
    return result;
  }
};

} // namespace
#endif

at::Tensor feed_forward(
    [[maybe_unused]] const at::Tensor &x, [[maybe_unused]] const at::Tensor &inner,
    [[maybe_unused]] const at::Tensor &bias, [[maybe_unused]] const at::Tensor &outer,
    [[maybe_unused]] const ProductLimits &limits) {
#if defined(__x86_64__)
  return FeedForward::apply(x, inner, bias, outer, limits);
#else
  TORCH_CHECK(false, "no fused feed-forward net for this processor");
#endif
}

} // namespace fathom
