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

// dropout(LayerNorm(word + position + type)) of tokens; rows of `width` elements, a multiple of 16. The sum is not kept:
// the backward pass reads the tables again.
// - Source: Devlin et al. 2019, "BERT", figure 2.
struct Embedding {
  int64_t width;
  const float *words, *positions, *type, *gain, *offset;
  const int64_t *ids, *places;
  float epsilon;
  Dropout dropout;
  uint64_t seed;

  __m512 sum(int64_t token, int64_t i) const {
    const __m512 word = load(words + ids[token] * width + i), position = load(positions + places[token] * width + i);
    return _mm512_add_ps(_mm512_add_ps(word, position), load(type + i));
  }

  // - moments: mean and 1 / deviation of each row.
  template <typename E> void forward(E *out, float *moments, int64_t first, int64_t last) const {
    for (int64_t token = first; token < last; token++) {
      __m512 total = _mm512_setzero_ps(), squares = total;
      for (int64_t i = 0; i < width; i += kLanes) total = _mm512_add_ps(total, sum(token, i));
      const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(total) / (float)width);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 d = _mm512_sub_ps(sum(token, i), mean);
        squares = _mm512_fmadd_ps(d, d, squares);
      }
      const __m512 inverse = _mm512_set1_ps(1 / std::sqrt(_mm512_reduce_add_ps(squares) / (float)width + epsilon));
      const uint32_t row_seed = Dropout::seed(seed, token);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 n = _mm512_mul_ps(_mm512_sub_ps(sum(token, i), mean), inverse);
        const __m512 y = _mm512_fmadd_ps(n, load(gain + i), load(offset + i));
        store(out + token * width + i, _mm512_maskz_mul_ps(dropout.kept(row_seed, i), y, _mm512_set1_ps(dropout.scale)));
      }
      moments[2 * token] = _mm512_cvtss_f32(mean);
      moments[2 * token + 1] = _mm512_cvtss_f32(inverse);
    }
  }

  // - grad_sum: [tokens, width]. - sums: [2, width] of this thread: gradients of gain and offset.
  template <typename E>
  void backward(const float *moments, const E *grad, float *grad_sum, float *sums, int64_t first, int64_t last) const {
    for (int64_t token = first; token < last; token++) {
      const int64_t place = token * width;
      const uint32_t row_seed = Dropout::seed(seed, token);
      const __m512 mean = _mm512_set1_ps(moments[2 * token]), inverse = _mm512_set1_ps(moments[2 * token + 1]);
      __m512 plain = _mm512_setzero_ps(), along = plain;
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 g = _mm512_maskz_mul_ps(dropout.kept(row_seed, i), load(grad + place + i), _mm512_set1_ps(dropout.scale));
        const __m512 n = _mm512_mul_ps(_mm512_sub_ps(sum(token, i), mean), inverse);
        const __m512 scaled = _mm512_mul_ps(g, load(gain + i));
        plain = _mm512_add_ps(plain, scaled);
        along = _mm512_fmadd_ps(scaled, n, along);
        store(grad_sum + place + i, scaled);
        store(sums + i, _mm512_fmadd_ps(g, n, load(sums + i)));
        store(sums + width + i, _mm512_add_ps(g, load(sums + width + i)));
      }
      const __m512 a = _mm512_set1_ps(_mm512_reduce_add_ps(plain) / (float)width);
      const __m512 b = _mm512_set1_ps(_mm512_reduce_add_ps(along) / (float)width);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 n = _mm512_mul_ps(_mm512_sub_ps(sum(token, i), mean), inverse);
        const __m512 inner = _mm512_sub_ps(_mm512_sub_ps(load(grad_sum + place + i), a), _mm512_mul_ps(n, b));
        store(grad_sum + place + i, _mm512_mul_ps(inner, inverse));
      }
    }
  }
};

} // namespace
#pragma clang attribute pop

namespace {

struct Embed : torch::autograd::Function<Embed> {
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor words, at::Tensor positions, at::Tensor types, at::Tensor gain,
      at::Tensor offset, at::Tensor ids, at::Tensor places, double epsilon, double p, int64_t dtype, bool row_gradients) {
    check(ids, words, "a token id is outside the table of embeddings");
    check(places, positions, "a position is outside the table of positions");
    const int64_t seed = p > 0 ? draw_seed() : 0;
    at::Tensor out = at::empty({ids.numel(), words.size(1)}, options((int)dtype));
    at::Tensor moments = at::empty({ids.numel(), 2});
    const Embedding embedding = make({words, positions, types, gain, offset, ids, places}, epsilon, p, seed);
    float *m = mutable_elements<float>(moments);
    for_each_range(ids.numel(), [&](int, int64_t first, int64_t last) {
      if (dtype == CT_FLOAT32) embedding.forward(mutable_elements<float>(out), m, first, last);
      else embedding.forward(mutable_elements<uint16_t>(out), m, first, last);
    });
    context->save_for_backward({words, positions, types, gain, offset, ids, places, moments});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["p"] = p;
    context->saved_data["seed"] = seed;
    context->saved_data["row_gradients"] = row_gradients;
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &words = saved[0], &positions = saved[1], &types = saved[2], &ids = saved[5], grad = grads[0].contiguous();
    const Embedding embedding = make(
        saved, context->saved_data["epsilon"].toDouble(), context->saved_data["p"].toDouble(), context->saved_data["seed"].toInt());
    const int64_t width = words.size(1), threads = at::get_num_threads();
    at::Tensor grad_sum = at::empty({ids.numel(), width}, words.options().requires_grad(false));
    at::Tensor sums = at::zeros({threads, 2, width}, grad_sum.options());
    for_each_range(ids.numel(), [&](int thread, int64_t first, int64_t last) {
      float *own = mutable_elements<float>(sums) + thread * 2 * width, *to = mutable_elements<float>(grad_sum);
      const float *m = elements<float>(saved[7]);
      if (grad.scalar_type() == at::kFloat) embedding.backward(m, elements<float>(grad), to, own, first, last);
      else embedding.backward(m, elements<uint16_t>(grad), to, own, first, last);
    });
    const at::Tensor total = sums.sum(0);
    torch::autograd::variable_list result(11);
    if (context->needs_input_grad(0))
      result[0] = context->saved_data["row_gradients"].toBool()
                      ? at::_sparse_coo_tensor_unsafe(ids.view({1, -1}), grad_sum, words.sizes())
                      : at::embedding_dense_backward(grad_sum, ids, words.size(0), -1, false);
    if (context->needs_input_grad(1)) result[1] = at::embedding_dense_backward(grad_sum, saved[6], positions.size(0), -1, false);
    if (context->needs_input_grad(2)) {
      result[2] = at::zeros_like(types);
      result[2][0].copy_(grad_sum.sum(0));
    }
    result[3] = total[0];
    result[4] = total[1];
    return result;
  }

private:
  static void check(const at::Tensor &index, const at::Tensor &table, const char *message) {
    const int64_t *list = elements<int64_t>(index);
    for (int64_t i = 0; i < index.numel(); i++) TORCH_CHECK(list[i] >= 0 && list[i] < table.size(0), message);
  }

  // - tensors: words, positions, types, gain, offset, ids, places
  static Embedding make(const torch::autograd::variable_list &tensors, double epsilon, double p, int64_t seed) {
    const auto data = [&](int i) { return elements<float>(tensors[i]); };
    return {tensors[0].size(1), data(0), data(1), data(2), data(3), data(4), elements<int64_t>(tensors[5]),
            elements<int64_t>(tensors[6]), (float)epsilon, Dropout(p), (uint64_t)seed};
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_embed(ct_tensor words, ct_tensor positions, ct_tensor types, ct_tensor gain, ct_tensor offset, ct_tensor ids, ct_tensor places, double epsilon, double dropout, int dtype, bool row_gradients) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return Embed::apply(
        take(words), take(positions), take(types), take(gain), take(offset), take(ids), take(places), epsilon, dropout,
        (int64_t)dtype, row_gradients);
#else
    TORCH_CHECK(false, "no fused embeddings for this processor");
#endif
  });
}
