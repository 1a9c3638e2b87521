#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include <cmath>
#include <numeric>
#include "fused.hpp"
#include "parallel.hpp"
#include "simd.hpp"

using namespace fathom;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)
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
    float top = -INFINITY, sum = 0;
    for (int j = 0; j < length; j++) {
      weights[j] = dot(query, key + j * stride, size) * scale;
      top = weights[j] > top ? weights[j] : top;
    }
    for (int j = 0; j < length; j++) sum += weights[j] = std::exp(weights[j] - top);
    float *context = scratch(size);
    for (int d = 0; d < size; d++) context[d] = 0;
    for (int j = 0; j < length; j++) {
      weights[j] /= sum;
      if (keeps(j)) add(context, weights[j] * dropout.scale, value + j * stride);
    }
    for (int d = 0; d < size; d += kLanes) store(out + d, load(context + d));
  }

  void backward(const E *out, const E *grad, const float *weights, E *grad_query, E *grad_key, E *grad_value) const {
    float *slope = scratch(size);
    for (int d = 0; d < size; d++) slope[d] = 0;
    const float delta = dot(out, grad, size);
    for (int j = 0; j < length; j++) {
      const float keep = keeps(j) ? dropout.scale : 0;
      const float d = weights[j] * (keep * dot(grad, value + j * stride, size) - delta) * scale;
      add(slope, d, key + j * stride);
      times(grad_key + j * stride, d, query);
      times(grad_value + j * stride, weights[j] * keep, grad);
    }
    for (int d = 0; d < size; d += kLanes) store(grad_query + d, load(slope + d));
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
#pragma clang attribute pop

namespace {

template <typename E, typename Each>
void run(
    const at::Tensor &query, const at::Tensor &keys_values, const at::Tensor &lengths, int64_t heads, double p,
    uint64_t seed, Each each) {
  const int64_t hidden = query.size(1), size = hidden / heads, count = lengths.numel();
  const int64_t *sizes = static_cast<const int64_t *>(lengths.const_data_ptr());
  std::vector<int64_t> starts(count);
  std::exclusive_scan(sizes, sizes + count, starts.begin(), int64_t(0));
  auto *queries = static_cast<const E *>(query.const_data_ptr());
  auto *keys = static_cast<const E *>(keys_values.const_data_ptr());
  for_each_task(count * heads, [&](int64_t task) {
    const int64_t sequence = task / heads, place = (task % heads) * size;
    const E *key = keys + starts[sequence] * 2 * hidden + place;
    each(
        OneQuery<E>{queries + sequence * hidden + place, key, key + hidden, 2 * hidden, (int)sizes[sequence], (int)size,
                    1 / std::sqrt((float)size), Dropout(p), Dropout::seed(seed, task)},
        sequence * hidden + place, starts[sequence], task % heads);
  });
}

template <typename E>
void forward(
    const at::Tensor &query, const at::Tensor &kv, const at::Tensor &lengths, int64_t heads, double p, uint64_t seed,
    at::Tensor &out, at::Tensor &weights) {
  auto *to = static_cast<E *>(out.mutable_data_ptr());
  float *probabilities = weights.mutable_data_ptr<float>();
  const int64_t tokens = kv.size(0);
  run<E>(query, kv, lengths, heads, p, seed, [&](const OneQuery<E> &one, int64_t place, int64_t start, int64_t head) {
    one.forward(to + place, probabilities + head * tokens + start);
  });
}

template <typename E>
void backward(
    const at::Tensor &query, const at::Tensor &kv, const at::Tensor &lengths, int64_t heads, double p, uint64_t seed,
    const at::Tensor &out, const at::Tensor &weights, const at::Tensor &grad, at::Tensor &grad_query, at::Tensor &grad_kv) {
  auto *outs = static_cast<const E *>(out.const_data_ptr());
  auto *grads = static_cast<const E *>(grad.const_data_ptr());
  auto *to_query = static_cast<E *>(grad_query.mutable_data_ptr());
  auto *to_kv = static_cast<E *>(grad_kv.mutable_data_ptr());
  const float *probabilities = static_cast<const float *>(weights.const_data_ptr());
  const int64_t tokens = kv.size(0), hidden = query.size(1);
  run<E>(query, kv, lengths, heads, p, seed, [&](const OneQuery<E> &one, int64_t place, int64_t start, int64_t head) {
    E *key = to_kv + start * 2 * hidden + place % hidden;
    one.backward(outs + place, grads + place, probabilities + head * tokens + start, to_query + place, key, key + hidden);
  });
}

struct FirstAttention : torch::autograd::Function<FirstAttention> {
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor query, at::Tensor kv, at::Tensor lengths, int64_t heads,
      double p) {
    query = query.contiguous();
    kv = kv.contiguous();
    const int64_t seed = p > 0 ? draw_seed() : 0;
    at::Tensor out = at::empty_like(query);
    at::Tensor weights = at::empty({heads, kv.size(0)}, kv.options().dtype(at::kFloat));
    if (query.scalar_type() == at::kFloat) ::forward<float>(query, kv, lengths, heads, p, seed, out, weights);
    else ::forward<uint16_t>(query, kv, lengths, heads, p, seed, out, weights);
    context->save_for_backward({query, kv, lengths, out, weights});
    context->saved_data["heads"] = heads;
    context->saved_data["p"] = p;
    context->saved_data["seed"] = seed;
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto s = context->get_saved_variables();
    const at::Tensor grad = grads[0].contiguous();
    const int64_t heads = context->saved_data["heads"].toInt();
    const double p = context->saved_data["p"].toDouble();
    const auto seed = (uint64_t)context->saved_data["seed"].toInt();
    at::Tensor grad_query = at::empty_like(s[0]), grad_kv = at::empty_like(s[1]);
    if (grad.scalar_type() == at::kFloat)
      ::backward<float>(s[0], s[1], s[2], heads, p, seed, s[3], s[4], grad, grad_query, grad_kv);
    else
      ::backward<uint16_t>(s[0], s[1], s[2], heads, p, seed, s[3], s[4], grad, grad_query, grad_kv);
    return {grad_query, grad_kv, {}, {}, {}};
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_first_attention(
    ct_tensor query, ct_tensor keys_values, ct_tensor lengths, int64_t heads, double dropout) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return FirstAttention::apply(take(query), take(keys_values), take(lengths), heads, dropout);
#else
    TORCH_CHECK(false, "no fused attention for this processor");
#endif
  });
}
