#include <CKernels/embedding.hpp>
#include <cmath>

#include "autograd.hpp"
#include "lanes.hpp"
#include "parallel.hpp"

namespace fathom {

#if defined(__x86_64__)
FATHOM_AVX512_BEGIN
namespace {

// dropout(LayerNorm(word + position + type)) of tokens; rows of `width` elements, a multiple of 16. The sum
// is not kept: the backward pass reads the tables again.
// - Source: Devlin et al. 2019, "BERT", figure 2.
struct Embedding {
  int64_t width;
  const float *words, *positions, *type, *gain, *offset;
  const int64_t *ids, *position_ids;
  float epsilon;
  Dropout dropout;
  uint64_t seed;

  __m512 sum(int64_t token, int64_t i) const {
    const __m512 word = load(words + ids[token] * width + i),
                 position = load(positions + position_ids[token] * width + i);
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
      const __m512 inverse =
          _mm512_set1_ps(1 / std::sqrt(_mm512_reduce_add_ps(squares) / (float)width + epsilon));
      const uint32_t row_seed = Dropout::seed(seed, token);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 n = _mm512_mul_ps(_mm512_sub_ps(sum(token, i), mean), inverse);
        const __m512 y = _mm512_fmadd_ps(n, load(gain + i), load(offset + i));
        store(
            out + token * width + i,
            _mm512_maskz_mul_ps(dropout.kept(row_seed, i), y, _mm512_set1_ps(dropout.scale)));
      }
      moments[2 * token] = _mm512_cvtss_f32(mean);
      moments[2 * token + 1] = _mm512_cvtss_f32(inverse);
    }
  }

  // - grad_sum: [tokens, width]. - sums: [2, width] of this thread: gradients of gain and offset.
  template <typename E>
  void backward(
      const float *moments, const E *grad, float *grad_sum, float *sums, int64_t first, int64_t last) const {
    for (int64_t token = first; token < last; token++) {
      const int64_t start = token * width;
      const uint32_t row_seed = Dropout::seed(seed, token);
      const __m512 mean = _mm512_set1_ps(moments[2 * token]),
                   inverse = _mm512_set1_ps(moments[2 * token + 1]);
      __m512 sum_scaled = _mm512_setzero_ps(), sum_normalised = sum_scaled;
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 g = _mm512_maskz_mul_ps(
            dropout.kept(row_seed, i), load(grad + start + i), _mm512_set1_ps(dropout.scale));
        const __m512 n = _mm512_mul_ps(_mm512_sub_ps(sum(token, i), mean), inverse);
        const __m512 scaled = _mm512_mul_ps(g, load(gain + i));
        sum_scaled = _mm512_add_ps(sum_scaled, scaled);
        sum_normalised = _mm512_fmadd_ps(scaled, n, sum_normalised);
        store(grad_sum + start + i, scaled);
        store(sums + i, _mm512_fmadd_ps(g, n, load(sums + i)));
        store(sums + width + i, _mm512_add_ps(g, load(sums + width + i)));
      }
      const __m512 a = _mm512_set1_ps(_mm512_reduce_add_ps(sum_scaled) / (float)width);
      const __m512 b = _mm512_set1_ps(_mm512_reduce_add_ps(sum_normalised) / (float)width);
      for (int64_t i = 0; i < width; i += kLanes) {
        const __m512 n = _mm512_mul_ps(_mm512_sub_ps(sum(token, i), mean), inverse);
        const __m512 inner = _mm512_sub_ps(_mm512_sub_ps(load(grad_sum + start + i), a), _mm512_mul_ps(n, b));
        store(grad_sum + start + i, _mm512_mul_ps(inner, inverse));
      }
    }
  }
};

} // namespace
FATHOM_AVX512_END

namespace {

struct EmbedSettings {
  EmbeddingSettings given;
  uint64_t seed;
};

struct Embed : Differentiable<Embed, EmbedSettings> {
  static at::Tensor forward(
      Context *context, at::Tensor words, at::Tensor positions, at::Tensor types, at::Tensor gain,
      at::Tensor offset, at::Tensor ids, at::Tensor position_ids, EmbedSettings settings) {
    check(ids, words, "a token id is outside the table of embeddings");
    check(position_ids, positions, "a position is outside the table of positions");
    const at::ScalarType type = settings.given.type;
    const at::Tensor out = at::empty({ids.numel(), words.size(1)}, at::TensorOptions().dtype(type));
    const at::Tensor moments = at::empty({ids.numel(), 2});
    const Tensors inputs{words, positions, types, gain, offset, ids, position_ids};
    const Embedding embedding = kernel(inputs, settings);
    float *m = mutable_elements<float>(moments);
    for_each_range(
        ids.numel(),
        [&](int, int64_t first, int64_t last) {
          if (type == at::kFloat) embedding.forward(mutable_elements<float>(out), m, first, last);
          else embedding.forward(mutable_elements<uint16_t>(out), m, first, last);
        },
        words.size(1));
    Tensors kept = inputs;
    kept.push_back(moments);
    keep(context, kept, settings);
    return out;
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    const at::Tensor &words = kept[0], &positions = kept[1], &types = kept[2], &ids = kept[5];
    const Embedding embedding = kernel(kept.tensors, kept.settings);
    const int64_t width = words.size(1), threads = at::get_num_threads();
    const at::Tensor grad_sum = at::empty({ids.numel(), width}, words.options().requires_grad(false));
    const at::Tensor sums = at::zeros({threads, 2, width}, grad_sum.options());
    for_each_range(ids.numel(), [&](int thread, int64_t first, int64_t last) {
      float *own = mutable_elements<float>(sums) + thread * 2 * width,
            *to = mutable_elements<float>(grad_sum);
      const float *m = elements<float>(kept[7]);
      if (grad.scalar_type() == at::kFloat)
        embedding.backward(m, elements<float>(grad), to, own, first, last);
      else embedding.backward(m, elements<uint16_t>(grad), to, own, first, last);
    });
    const at::Tensor total = sums.sum(0);
    Gradients result(8);
    if (kept.needs_gradient(0))
      result[0] = kept.settings.given.row_gradients
                      ? at::_sparse_coo_tensor_unsafe(ids.view({1, -1}), grad_sum, words.sizes())
                      : at::embedding_dense_backward(grad_sum, ids, words.size(0), -1, false);
    if (kept.needs_gradient(1))
      result[1] = at::embedding_dense_backward(grad_sum, kept[6], positions.size(0), -1, false);
    if (kept.needs_gradient(2)) {
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

  // - tensors: as EmbeddingInputs orders them
  static Embedding kernel(const Tensors &tensors, const EmbedSettings &settings) {
    const auto data = [&](int i) { return elements<float>(tensors[i]); };
    return {
        tensors[0].size(1),
        data(0),
        data(1),
        data(2),
        data(3),
        data(4),
        elements<int64_t>(tensors[5]),
        elements<int64_t>(tensors[6]),
        (float)settings.given.epsilon,
        Dropout(settings.given.dropout),
        settings.seed};
  }
};

} // namespace
#endif

at::Tensor
embed([[maybe_unused]] const EmbeddingInputs &inputs, [[maybe_unused]] const EmbeddingSettings &settings) {
#if defined(__x86_64__)
  const uint64_t seed = settings.dropout > 0 ? (uint64_t)draw_seed() : 0;
  return Embed::apply(
      inputs.words, inputs.positions, inputs.types, inputs.gain, inputs.offset, inputs.ids,
      inputs.position_ids, EmbedSettings{settings, seed});
#else
  TORCH_CHECK(false, "no fused embeddings for this processor");
#endif
}

} // namespace fathom
