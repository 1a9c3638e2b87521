// Matrices laid out as the kernel of tiles.hpp reads them: panels of 64 columns, in each all units of the
// dimension that is summed over, one after another. Columns that are missing from the last panel are zeros.
#pragma once
#include "tiles.hpp"
#if defined(__x86_64__)
FATHOM_AVX512_BEGIN

namespace fathom {

constexpr int kPanel = 4 * kLanes;

// 16 × 16 units, rows to columns.
inline void transpose16(__m512i r[16]) {
  __m512i t[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

// Sixteen units of a row, from elements of the product's own type or from floats that it rounds.
template <class Type, typename From> __m512i units(const From *p) {
  if constexpr (sizeof(From) == sizeof(typename Type::Element)) return _mm512_loadu_si512(p);
  else return (__m512i)_mm512_cvtne2ps_pbh(load(p + kLanes), load(p));
}

// Units `unit`… of sixteen columns, each made from the neighbouring rows that it holds; rows from `rows` on
// are zeros.
template <class Type, typename From>
__m512i column_units(const From *from, int64_t stride, int64_t unit, int64_t rows) {
  if constexpr (Type::kPerUnit == 1) {
    return unit < rows ? _mm512_castps_si512(load(from + unit * stride)) : _mm512_setzero_si512();
  } else {
    const From *low = from + 2 * unit * stride;
    const auto half = [](const From *p) {
      if constexpr (sizeof(From) == 4) return _mm512_cvtepu16_epi32(narrow(load(p)));
      else return _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
    };
    __m512i pair = 2 * unit < rows ? half(low) : _mm512_setzero_si512();
    if (2 * unit + 1 < rows) pair = _mm512_or_si512(pair, _mm512_slli_epi32(half(low + stride), 16));
    return pair;
  }
}

// A panel of x · Wᵀ: rows of W [rows, depth] are its columns. `depth` is a multiple of 16.
template <class Type, typename From>
void pack_rows(const From *weight, int64_t depth, int rows, uint32_t *to) {
  constexpr int step = kLanes * Type::kPerUnit;
  for (int part = 0; part < kPanel; part += kLanes)
    for (int64_t k = 0; k < depth; k += step) {
      __m512i r[16];
      for (int i = 0; i < 16; i++) {
        if (part + i >= rows) r[i] = _mm512_setzero_si512();
        else if (k + step <= depth) r[i] = units<Type>(weight + (part + i) * depth + k);
        else { // half a step of bfloat16 is left
          alignas(64) From left[2 * kLanes] = {};
          std::memcpy(left, weight + (part + i) * depth + k, (depth - k) * sizeof(From));
          r[i] = units<Type>(left);
        }
      }
      transpose16(r);
      const int64_t unit = k / Type::kPerUnit,
                    count = std::min<int64_t>(kLanes, (depth - k) / Type::kPerUnit);
      for (int64_t i = 0; i < count; i++) _mm512_storeu_si512(to + (unit + i) * kPanel + part, r[i]);
    }
}

// A panel of g · W: columns of W [rows, stride] as they are. `columns`, a multiple of 16, is at most 64.
template <class Type, typename From>
void pack_columns(const From *weight, int64_t stride, int64_t rows, int columns, uint32_t *to) {
  for (int64_t unit = 0; unit * Type::kPerUnit < rows; unit++)
    for (int part = 0; part < kPanel; part += kLanes)
      _mm512_storeu_si512(
          to + unit * kPanel + part,
          part < columns ? column_units<Type>(weight + part, stride, unit, rows) : _mm512_setzero_si512());
}

// The left side of gᵀ · x: columns of g [rows, stride] become rows of units with stride `ld`. `columns` is a
// multiple of 16.
template <class Type, typename From>
void pack_left(const From *g, int64_t stride, int64_t rows, int columns, uint32_t *to, int64_t ld) {
  for (int64_t unit = 0; unit * Type::kPerUnit < rows; unit += kLanes)
    for (int column = 0; column < columns; column += kLanes) {
      __m512i r[16];
      for (int i = 0; i < 16; i++) r[i] = column_units<Type>(g + column, stride, unit + i, rows);
      transpose16(r);
      for (int i = 0; i < 16; i++) _mm512_storeu_si512(to + (column + i) * ld + unit, r[i]);
    }
}

} // namespace fathom
FATHOM_AVX512_END
#endif
