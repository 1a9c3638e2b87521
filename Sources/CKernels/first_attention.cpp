#include <CKernels/first_attention.hpp>
#include <cmath>
#include <numeric>

#include "autograd.hpp"
#include "lanes.hpp"
#include "parallel.hpp"

namespace fathom {

#if defined(__x86_64__)
FATHOM_AVX512_BEGIN
namespace {

// One query against the keys and values of its sequence: the last block of a model that reads [CLS] alone.
// Rows of `size` elements, a multiple of 16, keys and values `stride` apart.
template <typename E> struct OneQuery {
  const E *query, *key, *value;
  int64_t stride;
  int length, size;
  float scale; // 1 / √D
  Dropout dropout;
  uint32_t seed;

  // - weights: the probabilities before dropout, L.
  void forward(E *out, float *weights) const {
    float highest = -INFINITY, sum = 0;
    for (int j = 0; j < length; j++) {
      weights[j] = dot(query, key + j * stride, size) * scale;
      highest = weights[j] > highest ? weights[j] : highest;
    }
    for (int j = 0; j < length; j++) sum += weights[j] = std::exp(weights[j] - highest);
    float *context = scratch(size);
    for (int d = 0; d < size; d++) context[d] = 0;
    for (int j = 0; j < length; j++) {
      weights[j] /= sum;
      if (keeps(j)) add(context, weights[j] * dropout.scale, value + j * stride);
    }
    for (int d = 0; d < size; d += kLanes) store(out + d, load(context + d));
  }

  void backward(
      const E *out, const E *grad, const float *weights, E *grad_query, E *grad_key, E *grad_value) const {
    float *query_gradient = scratch(size);
    for (int d = 0; d < size; d++) query_gradient[d] = 0;
    const float delta = dot(out, grad, size);
    for (int j = 0; j < length; j++) {
      const float keep = keeps(j) ? dropout.scale : 0;
      const float d = weights[j] * (keep * dot(grad, value + j * stride, size) - delta) * scale;
      add(query_gradient, d, key + j * stride);
      times(grad_key + j * stride, d, query);
      times(grad_value + j * stride, weights[j] * keep, grad);
    }
    for (int d = 0; d < size; d += kLanes) store(grad_query + d, load(query_gradient + d));
  }

private:
  bool keeps(int j) const { return dropout.kept(seed, _mm512_set1_epi32(j)) & 1; }

  void add(float *sum, float factor, const E *x) const {
    for (int d = 0; d < size; d += kLanes)
      store(sum + d, _mm512_fmadd_ps(_mm512_set1_ps(factor), load(x + d), load(sum + d)));
  }

  void times(E *out, float factor, const E *x) const {
    for (int d = 0; d < size; d += kLanes) store(out + d, _mm512_mul_ps(_mm512_set1_ps(factor), load(x + d)));
  }
};

} // namespace
FATHOM_AVX512_END

namespace {

struct FirstAttentionSettings {
  int64_t heads;
  double dropout;
  uint64_t seed;
};

// Calls each(query of a head, where its sequence's row and head start, first token, index of the head).
template <typename E, typename Each>
void for_each_query(
    const at::Tensor &query, const at::Tensor &keys_values, const at::Tensor &lengths,
    const FirstAttentionSettings &settings, Each each) {
  const int64_t heads = settings.heads, hidden = query.size(1), size = hidden / heads,
                count = lengths.numel();
  const int64_t *sizes = elements<int64_t>(lengths);
  std::vector<int64_t> starts(count);
  std::exclusive_scan(sizes, sizes + count, starts.begin(), int64_t(0));
  auto *queries = elements<E>(query), *keys = elements<E>(keys_values);
  for_each_task(
      count * heads,
      [&](int64_t task) {
        const int64_t sequence = task / heads, column = (task % heads) * size;
        const E *key = keys + starts[sequence] * 2 * hidden + column;
        const OneQuery<E> one{
            queries + sequence * hidden + column,
            key,
            key + hidden,
            2 * hidden,
            (int)sizes[sequence],
            (int)size,
            1 / std::sqrt((float)size),
            Dropout(settings.dropout),
            Dropout::seed(settings.seed, task)};
        each(one, sequence * hidden + column, starts[sequence], task % heads);
      },
      2 * keys_values.size(0) * size / std::max<int64_t>(1, count));
}

template <typename E>
void forward(
    const at::Tensor &query, const at::Tensor &kv, const at::Tensor &lengths,
    const FirstAttentionSettings &settings, const at::Tensor &out, const at::Tensor &weights) {
  auto *to = mutable_elements<E>(out);
  float *probabilities = mutable_elements<float>(weights);
  const int64_t tokens = kv.size(0);
  for_each_query<E>(
      query, kv, lengths, settings, [&](const OneQuery<E> &one, int64_t offset, int64_t start, int64_t head) {
        one.forward(to + offset, probabilities + head * tokens + start);
      });
}

struct FirstAttention : Differentiable<FirstAttention, FirstAttentionSettings> {
  static at::Tensor forward(
      Context *context, at::Tensor query, at::Tensor kv, at::Tensor lengths,
      FirstAttentionSettings settings) {
    query = query.contiguous();
    kv = kv.contiguous();
    at::Tensor out = at::empty_like(query);
    at::Tensor weights = at::empty({settings.heads, kv.size(0)}, kv.options().dtype(at::kFloat));
    if (query.scalar_type() == at::kFloat) fathom::forward<float>(query, kv, lengths, settings, out, weights);
    else fathom::forward<uint16_t>(query, kv, lengths, settings, out, weights);
    keep(context, {query, kv, lengths, out, weights}, settings);
    return out;
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    at::Tensor grad_query = at::empty_like(kept[0]), grad_kv = at::empty_like(kept[1]);
    if (grad.scalar_type() == at::kFloat) backward_pass<float>(kept, grad, grad_query, grad_kv);
    else backward_pass<uint16_t>(kept, grad, grad_query, grad_kv);
    return {grad_query, grad_kv, {}, {}};
  }

private:
  template <typename E>
  static void backward_pass(
      const Kept &kept, const at::Tensor &grad, const at::Tensor &grad_query, const at::Tensor &grad_kv) {
    const at::Tensor &query = kept[0], &kv = kept[1], &lengths = kept[2];
    auto *outs = elements<E>(kept[3]), *grads = elements<E>(grad);
    auto *to_query = mutable_elements<E>(grad_query), *to_kv = mutable_elements<E>(grad_kv);
    const float *probabilities = elements<float>(kept[4]);
    const int64_t tokens = kv.size(0), hidden = query.size(1);
    for_each_query<E>(
        query, kv, lengths, kept.settings,
        [&](const OneQuery<E> &one, int64_t offset, int64_t start, int64_t head) {
          E *key = to_kv + start * 2 * hidden + offset % hidden;
          one.backward(
              outs + offset, grads + offset, probabilities + head * tokens + start, to_query + offset, key,
              key + hidden);
        });
  }
};

} // namespace
#endif

at::Tensor first_attention(
    [[maybe_unused]] const at::Tensor &query, [[maybe_unused]] const at::Tensor &keys_values,
    [[maybe_unused]] const at::Tensor &lengths, [[maybe_unused]] int64_t heads,
    [[maybe_unused]] double dropout) {
#if defined(__x86_64__)
  const uint64_t seed = dropout > 0 ? (uint64_t)draw_seed() : 0;
  return FirstAttention::apply(query, keys_values, lengths, FirstAttentionSettings{heads, dropout, seed});
#else
  TORCH_CHECK(false, "no fused attention for this processor");
#endif
}

} // namespace fathom
