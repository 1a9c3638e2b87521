// Self-attention of one head over one sequence, with dropout on the probabilities, forward and backward.
//
// O = drop(softmax(Q Kᵀ / √D)) V. Nothing of size L × L is stored: the backward pass works the probabilities
// out again from the log-sums and the dropout hash.
// - Source: Vaswani et al. 2017, "Attention is all you need"; Dao et al. 2022, "FlashAttention", appendix B.
#pragma once
#include "tiles.hpp"
#if defined(__x86_64__)
#include <cmath>

#include "parallel.hpp"

FATHOM_AVX512_BEGIN

namespace fathom {

// Rows are read `stride` elements apart; L rows of D elements, D a multiple of 16.
template <class Type> struct Head {
  using Element = typename Type::Element;
  static constexpr int kBlock = 48; // rows handled at once
  static constexpr int kPerUnit = Type::kPerUnit;

  const Element *query, *key, *value;
  int64_t stride;
  int length, size;
  float scale; // 1 / √D
  Dropout dropout;
  uint32_t seed;

  int padded() const { return to_lanes(length); }
  int64_t row() const { return padded() + kLanes; } // off the powers of two, which share cache sets
  int units() const { return size / kPerUnit; }

  static size_t scratch_size(int length, int size) {
    const size_t row = to_lanes(length) + kLanes;
    return 6 * row * size + 4 * kBlock * row + 4 * kBlock * size + 4 * row + 4096;
  }

  // - out: rows `out_stride` apart. - log_sums: L, in base 2 with the scale inside.
  void forward(Element *out, int64_t out_stride, float *log_sums) const {
    float *buffer = scratch(scratch_size(length, size));
    auto *keys = reinterpret_cast<uint32_t *>(take(buffer, units() * row()));
    auto *values = reinterpret_cast<uint32_t *>(take(buffer, row() / kPerUnit * size + size));
    float *scores = take(buffer, kBlock * row());
    auto *weights = reinterpret_cast<Element *>(take(buffer, kBlock * row()));
    float *context = take(buffer, kBlock * size);
    transpose(unit(key), stride / kPerUnit, length, units(), keys, row(), padded());
    stack(value, stride, length, size, values);
    const int depth = (length + kPerUnit - 1) / kPerUnit;
    const int64_t weight_row = row();
    for (int first = 0; first < length; first += kBlock) {
      const int count = std::min(kBlock, length - first);
      product<Type>(
          count, padded(), units(), unit(query + first * stride), stride / kPerUnit, keys, row(), scores,
          row());
      float inverse[kBlock];
      for (int i = 0; i < count; i++)
        inverse[i] =
            softmax_row(scores + i * row(), weights + i * weight_row, first + i, log_sums[first + i]);
      product<Type>(count, size, depth, unit(weights), weight_row / kPerUnit, values, size, context, size);
      for (int i = 0; i < count; i++)
        for (int d = 0; d < size; d += kLanes)
          store(
              out + (first + i) * out_stride + d,
              _mm512_mul_ps(load(context + i * size + d), _mm512_set1_ps(inverse[i])));
    }
  }

  // Gradients of the three inputs, written with the inputs' stride, from that of the output.
  void backward(
      const Element *out, const Element *grad, int64_t out_stride, const float *log_sums, Element *grad_query,
      Element *grad_key, Element *grad_value) const {
    float *buffer = scratch(scratch_size(length, size));
    const int64_t wide = row();
    auto *queries = reinterpret_cast<uint32_t *>(take(buffer, units() * wide));
    auto *grads = reinterpret_cast<uint32_t *>(take(buffer, units() * wide));
    auto *query_rows = reinterpret_cast<uint32_t *>(take(buffer, wide / kPerUnit * size + size));
    auto *grad_rows = reinterpret_cast<uint32_t *>(take(buffer, wide / kPerUnit * size + size));
    float *query_sums = take(buffer, wide * size); // gradient of Q, transposed: [D, row]
    float *logs = take(buffer, wide), *deltas = take(buffer, wide);
    float *scores = take(buffer, kBlock * wide), *gradients = take(buffer, kBlock * wide);
    auto *weights = reinterpret_cast<Element *>(take(buffer, kBlock * wide));
    auto *query_operand = reinterpret_cast<uint32_t *>(take(buffer, kBlock / kPerUnit * wide));
    auto *key_columns = reinterpret_cast<uint32_t *>(take(buffer, size * kBlock));
    auto *key_pairs = reinterpret_cast<uint32_t *>(take(buffer, kBlock / kPerUnit * size));
    float *sums = take(buffer, kBlock * size);

    transpose(unit(query), stride / kPerUnit, length, units(), queries, wide, padded());
    transpose(unit(grad), out_stride / kPerUnit, length, units(), grads, wide, padded());
    stack(query, stride, length, size, query_rows);
    stack(grad, out_stride, length, size, grad_rows);
    for (int i = 0; i < padded(); i++) {
      logs[i] = i < length ? log_sums[i] : 0;
      deltas[i] = i < length ? dot(out + i * out_stride, grad + i * out_stride, size) : 0;
    }
    const int depth = (length + kPerUnit - 1) / kPerUnit;
    for (int first = 0; first < length; first += kBlock) {
      const int count = std::min(kBlock, length - first);
      product<Type>(
          count, padded(), units(), unit(key + first * stride), stride / kPerUnit, queries, wide, scores,
          wide);
      product<Type>(
          count, padded(), units(), unit(value + first * stride), stride / kPerUnit, grads, wide, gradients,
          wide);
      for (int j = 0; j < count; j++)
        score_gradients(scores + j * wide, gradients + j * wide, weights + j * wide, first + j, logs, deltas);
      product<Type>(count, size, depth, unit(weights), wide / kPerUnit, grad_rows, size, sums, size);
      write(sums, count, grad_value + first * stride);
      as_operands(gradients, count, wide, query_operand, weights);
      product<Type>(count, size, depth, unit(weights), wide / kPerUnit, query_rows, size, sums, size);
      write(sums, count, grad_key + first * stride);
      const int pairs = (count + kPerUnit - 1) / kPerUnit;
      stack(key + first * stride, stride, count, size, key_pairs);
      transpose(key_pairs, size, pairs, size, key_columns, kBlock, to_lanes(pairs));
      product<Type>(
          size, padded(), pairs, key_columns, kBlock, query_operand, wide, query_sums, wide, first > 0);
    }
    // [D, row] → [L, D], through the same gather.
    for (int i = 0; i < length; i++)
      for (int d = 0; d < size; d += kLanes) {
        const __m512i indices = _mm512_mullo_epi32(lanes(), _mm512_set1_epi32((int)wide));
        store(grad_query + i * stride + d, _mm512_i32gather_ps(indices, query_sums + d * wide + i, 4));
      }
  }

private:
  static float *take(float *&buffer, size_t floats) {
    float *start = buffer;
    buffer += to_lanes(floats);
    return start;
  }

  __mmask16 tail(int column) const {
    return length - column >= kLanes ? 0xFFFF : (__mmask16)((1u << (length - column)) - 1);
  }

  // One row of scores → e^(s - max), dropped out and not yet divided by its sum; returns what to multiply O
  // by.
  float softmax_row(float *scores, Element *weights, int i, float &log_sum) const {
    const float base2 = scale * 1.44269504f;
    __m512 highest_lanes = _mm512_set1_ps(-INFINITY);
    for (int j = 0; j < length; j += kLanes)
      highest_lanes = _mm512_mask_max_ps(highest_lanes, tail(j), highest_lanes, load(scores + j));
    const float highest = _mm512_reduce_max_ps(highest_lanes) * base2;
    __m512 sum = _mm512_setzero_ps();
    for (int j = 0; j < padded(); j += kLanes) {
      __m512 e = exp2(_mm512_fmsub_ps(load(scores + j), _mm512_set1_ps(base2), _mm512_set1_ps(highest)));
      e = _mm512_maskz_mov_ps(tail(j), e);
      sum = _mm512_add_ps(sum, e);
      const __m512i index = _mm512_add_epi32(_mm512_set1_epi32(i * length + j), lanes());
      store(weights + j, _mm512_maskz_mov_ps(dropout.kept(seed, index), e));
    }
    const float total = _mm512_reduce_add_ps(sum);
    log_sum = highest + std::log2(total);
    return dropout.scale / total;
  }

  // For one key: scores → dropped-out probabilities (as elements), gradients of P → gradients of the scores,
  // in start.
  void score_gradients(
      float *scores, float *gradients, Element *weights, int j, const float *logs,
      const float *deltas) const {
    const __m512 base2 = _mm512_set1_ps(scale * 1.44269504f), keep = _mm512_set1_ps(dropout.scale);
    const __m512i step = _mm512_mullo_epi32(lanes(), _mm512_set1_epi32(length));
    for (int i = 0; i < padded(); i += kLanes) {
      const __m512 p = exp2(_mm512_fmsub_ps(load(scores + i), base2, load(logs + i)));
      const __mmask16 kept = dropout.kept(seed, _mm512_add_epi32(_mm512_set1_epi32(i * length + j), step));
      store(weights + i, _mm512_maskz_mul_ps(kept, p, keep));
      const __m512 through = _mm512_maskz_mul_ps(kept, load(gradients + i), keep);
      const __m512 d =
          _mm512_mul_ps(_mm512_mul_ps(p, _mm512_set1_ps(scale)), _mm512_sub_ps(through, load(deltas + i)));
      store(gradients + i, d);
    }
  }

  // Slopes as the left-hand side of dK (rows of elements) and as the right-hand side of dQ (stacked rows).
  void as_operands(float *gradients, int count, int64_t wide, uint32_t *query_operand, float *rows) const {
    for (int j = 0; j < count; j++) {
      std::memcpy(rows + j * wide, gradients + j * wide, padded() * sizeof(float));
      std::memcpy(query_operand + j * wide, gradients + j * wide, padded() * sizeof(float));
    }
  }

  void as_operands(float *gradients, int count, int64_t wide, uint32_t *query_operand, uint16_t *rows) const {
    for (int j = 0; j < count; j += 2)
      for (int i = 0; i < padded(); i += kLanes) {
        const __m256i low = narrow(load(gradients + j * wide + i));
        _mm256_storeu_si256((__m256i *)(rows + j * wide + i), low);
        __m512i pair = _mm512_cvtepu16_epi32(low);
        if (j + 1 < count) {
          const __m256i high = narrow(load(gradients + (j + 1) * wide + i));
          _mm256_storeu_si256((__m256i *)(rows + (j + 1) * wide + i), high);
          pair = _mm512_or_si512(pair, _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
        }
        _mm512_storeu_si512(query_operand + (j / 2) * wide + i, pair);
      }
  }

  void write(const float *sums, int count, Element *to) const {
    for (int i = 0; i < count; i++)
      for (int d = 0; d < size; d += kLanes) store(to + i * stride + d, load(sums + i * size + d));
  }
};

} // namespace fathom
FATHOM_AVX512_END
#endif
