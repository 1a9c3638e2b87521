// Small matrix products in registers, for one attention head at a time. A unit is 32 bits: one float, or two
// neighbouring bfloat16 along the dimension that is summed over.
#pragma once
#include "lanes.hpp"
#if defined(__x86_64__)
#include <algorithm>
#include <cstring>

FATHOM_AVX512_BEGIN

namespace fathom {

struct Float32 {
  using Element = float;
  static constexpr int kPerUnit = 1;
  static __m512 step(__m512 sum, uint32_t a, __m512i b) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_set1_epi32((int)a)), _mm512_castsi512_ps(b), sum);
  }
};

struct BFloat16 {
  using Element = uint16_t;
  static constexpr int kPerUnit = 2;
  static __m512 step(__m512 sum, uint32_t a, __m512i b) {
    return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32((int)a), (__m512bh)b);
  }
};

// Elements of either type as units.
template <typename Element> const uint32_t *unit(const Element *p) {
  return reinterpret_cast<const uint32_t *>(p);
}

template <class Type, int R, int C>
void tile(
    int depth, const uint32_t *a, int64_t lda, const uint32_t *b, int64_t ldb, float *c, int64_t ldc,
    bool add) {
  __m512 sum[R][C];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
    for (int q = 0; q < C; q++)
      sum[r][q] = add ? _mm512_loadu_ps(c + r * ldc + q * kLanes) : _mm512_setzero_ps();
  for (int k = 0; k < depth; k++) {
    __m512i row[C];
#pragma clang loop unroll(full)
    for (int q = 0; q < C; q++) row[q] = _mm512_loadu_si512(b + k * ldb + q * kLanes);
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
      for (int q = 0; q < C; q++) sum[r][q] = Type::step(sum[r][q], a[r * lda + k], row[q]);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++)
#pragma clang loop unroll(full)
    for (int q = 0; q < C; q++) _mm512_storeu_ps(c + r * ldc + q * kLanes, sum[r][q]);
}

// C [rows, columns] = A [rows, depth] × B [depth, columns] (+ C); columns are a multiple of 16, depth counts
// units.
template <class Type>
void product(
    int rows, int columns, int depth, const uint32_t *a, int64_t lda, const uint32_t *b, int64_t ldb,
    float *c, int64_t ldc, bool add = false) {
  using Tile = void (*)(int, const uint32_t *, int64_t, const uint32_t *, int64_t, float *, int64_t, bool);
#define FATHOM_TILES(R)                                                                                      \
  {                                                                                                          \
    tile<Type, R, 1>, tile<Type, R, 2>, tile<Type, R, 3>, tile<Type, R, 4>                                   \
  }
  static constexpr Tile tiles[6][4] = {FATHOM_TILES(1), FATHOM_TILES(2), FATHOM_TILES(3),
                                       FATHOM_TILES(4), FATHOM_TILES(5), FATHOM_TILES(6)};
#undef FATHOM_TILES
  for (int column = 0; column < columns;) {
    const int width = std::min(4, (columns - column) / kLanes);
    for (int row = 0; row < rows;) {
      const int height = std::min(6, rows - row);
      tiles[height - 1][width - 1](
          depth, a + row * lda, lda, b + column, ldb, c + row * ldc + column, ldc, add);
      row += height;
    }
    column += width * kLanes;
  }
}

// [rows, units] → [units, ld] with zeros up to `padded` columns (a multiple of 16).
inline void
transpose(const uint32_t *from, int64_t stride, int rows, int units, uint32_t *to, int64_t ld, int padded) {
  const __m512i indices = _mm512_mullo_epi32(lanes(), _mm512_set1_epi32((int)stride));
  for (int row = 0; row < padded; row += kLanes) {
    const int left = rows - row;
    const __mmask16 present = left >= kLanes ? 0xFFFF : left <= 0 ? 0 : (__mmask16)((1u << left) - 1);
    for (int unit = 0; unit < units; unit++) {
      const __m512i column = _mm512_mask_i32gather_epi32(
          _mm512_setzero_si512(), present, indices, from + row * stride + unit, 4);
      _mm512_storeu_si512(to + unit * ld + row, column);
    }
  }
}

// Rows as the right-hand side of a product that sums over them: [rows, width] → [units, width].
inline void stack(const float *from, int64_t stride, int rows, int width, uint32_t *to) {
  for (int row = 0; row < rows; row++)
    std::memcpy(to + (int64_t)row * width, from + row * stride, width * sizeof(float));
}

inline void stack(const uint16_t *from, int64_t stride, int rows, int width, uint32_t *to) {
  for (int row = 0; row < rows; row += 2)
    for (int i = 0; i < width; i += kLanes) {
      const uint16_t *low = from + row * stride + i;
      __m512i pair = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)low));
      if (row + 1 < rows) {
        const __m512i high = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(low + stride)));
        pair = _mm512_or_si512(pair, _mm512_slli_epi32(high, 16));
      }
      _mm512_storeu_si512(to + (int64_t)(row / 2) * width + i, pair);
    }
}

} // namespace fathom
FATHOM_AVX512_END
#endif
