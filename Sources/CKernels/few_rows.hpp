// Products of a few rows with float32 weights as they lie: every weight comes from memory once, and none is
// copied first, which is what such a product costs in MKL. The last block of a model that reads [CLS] alone
// consists of these.
#pragma once
#include <ATen/ATen.h>
#include <vector>

#include "parallel.hpp"
#include "tiles.hpp"
#if defined(__x86_64__)
FATHOM_AVX512_BEGIN

namespace fathom {

// A weight [rows, inputs] whose outputs are the columns from `first` on.
struct Weight {
  const float *data;
  int64_t rows, first;
};

// x [rows, inputs] × Wᵀ; sink(row, column, sixteen sums) takes each part of the result once, in any order.
template <typename Sink>
void few_rows_product(
    const float *x, int64_t rows, int64_t inputs, const std::vector<Weight> &weights, Sink sink) {
  constexpr int64_t kTask = 48; // outputs
  const int64_t padded = to_lanes(rows);
  // The other way round, W × xᵀ, the weights are read along their rows.
  const at::Tensor buffer = at::empty({inputs, padded}, at::kFloat);
  auto *transposed = static_cast<uint32_t *>(buffer.mutable_data_ptr());
  for_each_range(
      inputs / kLanes,
      [&](int, int64_t begin, int64_t end) {
        transpose(
            unit(x) + begin * kLanes, inputs, (int)rows, (int)(end - begin) * kLanes,
            transposed + begin * kLanes * padded, padded, (int)padded);
      },
      padded * kLanes);
  struct Task {
    const Weight *weight;
    int64_t first;
  };
  std::vector<Task> tasks;
  for (const Weight &weight : weights)
    for (int64_t first = 0; first < weight.rows; first += kTask) tasks.push_back({&weight, first});
  const int64_t work = rows * inputs * kTask / kLanes;
  for_each_task(
      (int64_t)tasks.size(),
      [&](int64_t task) {
        const Weight &weight = *tasks[task].weight;
        const int64_t first = tasks[task].first;
        const int count = (int)std::min(kTask, weight.rows - first);
        float *sums = scratch(2 * kTask * padded), *back = sums + kTask * padded;
        product<Float32>(
            count, (int)padded, (int)inputs, unit(weight.data) + first * inputs, inputs, transposed, padded,
            sums, padded);
        transpose(unit(sums), padded, count, (int)rows, reinterpret_cast<uint32_t *>(back), kTask, count);
        for (int64_t row = 0; row < rows; row++)
          for (int i = 0; i < count; i += kLanes)
            sink(row, weight.first + first + i, load(back + row * kTask + i));
      },
      work);
}

// g [rows, ldg] × W; sink as above.
template <typename Sink>
void few_rows_input_gradient(
    const float *g, int64_t ldg, int64_t rows, int64_t inputs, const std::vector<Weight> &weights,
    Sink sink) {
  constexpr int64_t kDepth = 32; // rows of the weights that are read from end to end, then multiplied
  // Each thread adds up what its share of the outputs gives.
  const at::Tensor buffer = at::empty({at::get_num_threads(), rows, inputs}, at::kFloat);
  float *all = static_cast<float *>(buffer.mutable_data_ptr());
  const int64_t outputs = weights.back().first + weights.back().rows;
  std::atomic<int64_t> used{0};
  for_each_range(outputs / kLanes, [&](int thread, int64_t begin, int64_t end) {
    if (begin == end) return;
    used++;
    float *sums = all + thread * rows * inputs;
    bool add = false;
    for (const Weight &weight : weights) {
      const int64_t from = std::max(begin * kLanes, weight.first),
                    to = std::min(end * kLanes, weight.first + weight.rows);
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
        for (int64_t t = 1; t < used; t++)
          sum = _mm512_add_ps(sum, load(all + (t * rows + row) * inputs + i));
        sink(row, i, sum);
      }
  });
}

// gᵀ x: g [rows, outputs] (stride ldg), x [rows, inputs] → out [outputs, inputs]
inline void few_rows_weight_gradient(
    const float *g, int64_t ldg, const float *x, int64_t rows, int64_t outputs, int64_t inputs, float *out) {
  constexpr int64_t kTask = 48; // outputs
  const int64_t padded = to_lanes(rows);
  for_each_task(
      (outputs + kTask - 1) / kTask,
      [&](int64_t task) {
        const int64_t first = task * kTask, last = std::min(outputs, first + kTask);
        auto *transposed = reinterpret_cast<uint32_t *>(scratch(kTask * padded));
        for (int64_t row = 0; row < rows; row++)
          for (int64_t i = first; i < last; i++)
            transposed[(i - first) * padded + row] = unit(g)[row * ldg + i];
        // A few whole rows of the result at a time: it is written from end to end.
        for (int64_t i = first; i < last; i += 6)
          product<Float32>(
              (int)std::min<int64_t>(6, last - i), (int)inputs, (int)rows, transposed + (i - first) * padded,
              padded, unit(x), inputs, out + i * inputs, inputs);
      },
      rows * inputs * kTask / kLanes);
}

} // namespace fathom
FATHOM_AVX512_END
#endif
