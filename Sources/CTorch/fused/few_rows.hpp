// Products of a few rows with float32 weights as they lie: every weight comes from memory once, and none is copied first,
// which is what such a product costs in MKL. The last block of a model that reads [CLS] alone consists of these.
#pragma once
#include <vector>
#include "parallel.hpp"
#include "tiles.hpp"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)

namespace fathom {

// A weight [rows, inputs] whose outputs are the columns from `first` on.
struct Weight {
  const float *data;
  int64_t rows, first;
};

// x [rows, inputs] × Wᵀ; sink(row, column, sixteen sums) takes each part of the result once, in any order.
template <typename Sink>
void few_rows_product(const float *x, int64_t rows, int64_t inputs, const std::vector<Weight> &weights, Sink sink) {
  constexpr int64_t kTask = 48; // outputs
  const int64_t wide = to_lanes(rows);
  // The other way round, W × xᵀ, the weights are read along their rows.
  const at::Tensor room = at::empty({inputs, wide}, at::kFloat);
  auto *turned = static_cast<uint32_t *>(room.mutable_data_ptr());
  for_each_range(inputs / kLanes, [&](int, int64_t begin, int64_t end) {
    transpose(
        unit(x) + begin * kLanes, inputs, (int)rows, (int)(end - begin) * kLanes, turned + begin * kLanes * wide, wide, (int)wide);
  });
  for (const Weight &weight : weights)
    for_each_task((weight.rows + kTask - 1) / kTask, [&](int64_t task) {
      const int64_t first = task * kTask;
      const int count = (int)std::min(kTask, weight.rows - first);
      float *sums = scratch(2 * kTask * wide), *back = sums + kTask * wide;
      product<Float32>(
          count, (int)wide, (int)inputs, unit(weight.data) + first * inputs, inputs, turned, wide, sums, wide);
      transpose(unit(sums), wide, count, (int)rows, reinterpret_cast<uint32_t *>(back), kTask, count);
      for (int64_t row = 0; row < rows; row++)
        for (int i = 0; i < count; i += kLanes) sink(row, weight.first + first + i, load(back + row * kTask + i));
    });
}

// g [rows, ldg] × W; sink as above.
template <typename Sink>
void few_rows_input_gradient(
    const float *g, int64_t ldg, int64_t rows, int64_t inputs, const std::vector<Weight> &weights, Sink sink) {
  constexpr int64_t kDepth = 32; // rows of the weights that are read from end to end, then multiplied
  // Each thread adds up what its share of the outputs gives.
  const at::Tensor room = at::empty({at::get_num_threads(), rows, inputs}, at::kFloat);
  float *all = static_cast<float *>(room.mutable_data_ptr());
  const int64_t outputs = weights.back().first + weights.back().rows;
  std::atomic<int64_t> used{0};
  for_each_range(outputs / kLanes, [&](int thread, int64_t begin, int64_t end) {
    if (begin == end) return;
    used++;
    float *sums = all + thread * rows * inputs;
    bool add = false;
    for (const Weight &weight : weights) {
      const int64_t from = std::max(begin * kLanes, weight.first), to = std::min(end * kLanes, weight.first + weight.rows);
      for (int64_t k = from; k < to; k += kDepth, add = true)
        product<Float32>(
            (int)rows, (int)inputs, (int)std::min(kDepth, to - k), unit(g) + k, ldg,
            unit(weight.data) + (k - weight.first) * inputs, inputs, sums, inputs, add);
    }
  });
  // The threads that had a share are the first ones.
  for_each_range(inputs / kLanes, [&](int, int64_t begin, int64_t end) {
    for (int64_t row = 0; row < rows; row++)
      for (int64_t i = begin * kLanes; i < end * kLanes; i += kLanes) {
        __m512 sum = load(all + row * inputs + i);
        for (int64_t t = 1; t < used; t++) sum = _mm512_add_ps(sum, load(all + (t * rows + row) * inputs + i));
        sink(row, i, sum);
      }
  });
}

// gᵀ x: g [rows, outputs] (stride ldg), x [rows, inputs] → out [outputs, inputs]
inline void few_rows_weight_gradient(
    const float *g, int64_t ldg, const float *x, int64_t rows, int64_t outputs, int64_t inputs, float *out) {
  constexpr int64_t kTask = 48; // outputs
  const int64_t wide = to_lanes(rows);
  for_each_task((outputs + kTask - 1) / kTask, [&](int64_t task) {
    const int64_t first = task * kTask, last = std::min(outputs, first + kTask);
    auto *turned = reinterpret_cast<uint32_t *>(scratch(kTask * wide));
    for (int64_t row = 0; row < rows; row++)
      for (int64_t i = first; i < last; i++) turned[(i - first) * wide + row] = unit(g)[row * ldg + i];
    // A few whole rows of the result at a time: it is written from end to end.
    for (int64_t i = first; i < last; i += 6)
      product<Float32>(
          (int)std::min<int64_t>(6, last - i), (int)inputs, (int)rows, turned + (i - first) * wide, wide, unit(x), inputs,
          out + i * inputs, inputs);
  });
}

} // namespace fathom
#pragma clang attribute pop
#endif
