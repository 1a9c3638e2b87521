// Sixteen floats at a time: loads and stores of both precisions, exp2, a counter-based random number.
// Called only where the processor has AVX-512 with bfloat16.
#pragma once
#if defined(__x86_64__)
#include <cstdint>
#include <immintrin.h>

// Functions between these two are compiled for AVX-512 with bfloat16, whatever the rest of the program is
// compiled for.
#define FATHOM_PRAGMA(text) _Pragma(#text)
#define FATHOM_AVX512_BEGIN                                                                                  \
  FATHOM_PRAGMA(                                                                                             \
      clang attribute push(                                                                                  \
          __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function))
#define FATHOM_AVX512_END _Pragma("clang attribute pop")

FATHOM_AVX512_BEGIN

namespace fathom {

constexpr int kLanes = 16;

// `count` rounded up to a multiple of sixteen.
template <typename Int> constexpr Int to_lanes(Int count) { return (count + kLanes - 1) / kLanes * kLanes; }

inline __m512 load(const float *p) { return _mm512_loadu_ps(p); }
inline __m512 load(const uint16_t *p) {
  return _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16));
}
inline void store(float *p, __m512 x) { _mm512_storeu_ps(p, x); }
inline __m256i narrow(__m512 x) { return (__m256i)_mm512_cvtneps_pbh(x); }
inline void store(uint16_t *p, __m512 x) { _mm256_storeu_si256((__m256i *)p, narrow(x)); }

// x with the precision of a stored element.
inline __m512 rounded(__m512 x, const float *) { return x; }
inline __m512 rounded(__m512 x, const uint16_t *) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow(x)), 16));
}

// 2^x, error under 2e-7 relative; x is taken as at least -126.
inline __m512 exp2(__m512 x) {
  // In this order, since the second operand is what comes out where one of them is not a number.
  x = _mm512_max_ps(_mm512_set1_ps(-126.f), x);
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 r = _mm512_sub_ps(x, whole);
  // Minimax polynomial of 2^r on [-1/2, 1/2], the coefficients of Cephes' exp2f.
  __m512 y = _mm512_set1_ps(1.535336188319500e-4f);
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.339887440266574e-3f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(9.618437357674640e-3f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(5.550332471162809e-2f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(2.402264791363012e-1f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(6.931472028550421e-1f));
  y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.f));
  return _mm512_scalef_ps(y, whole);
}

// Of `size` elements, a multiple of 16.
template <typename Element> float dot(const Element *a, const Element *b, int size) {
  __m512 sum = _mm512_setzero_ps();
  for (int i = 0; i < size; i += kLanes) sum = _mm512_fmadd_ps(load(a + i), load(b + i), sum);
  return _mm512_reduce_add_ps(sum);
}

inline __m512i lanes() { return _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0); }

// Dropout without a stored mask: element `index` is kept or not by a hash, the same in both passes.
// - Source: the finaliser of MurmurHash3 (Appleby, public domain).
struct Dropout {
  uint32_t threshold; // an element is dropped when its hash is below
  float scale;        // of what is kept: 1 / the share that is

  explicit Dropout(double p)
      : threshold((uint32_t)(p * 4294967296.0)), scale((float)(1.0 / (1.0 - threshold / 4294967296.0))) {}

  static uint32_t seed(uint64_t base, uint64_t stream) {
    uint64_t x = base + 0x9E3779B97F4A7C15ull * (stream + 1);
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return (uint32_t)(x ^ (x >> 31));
  }

  __mmask16 kept(uint32_t seed, __m512i index) const {
    if (threshold == 0) return 0xFFFF;
    __m512i x = _mm512_xor_si512(index, _mm512_set1_epi32((int)seed));
    x = _mm512_mullo_epi32(
        _mm512_xor_si512(x, _mm512_srli_epi32(x, 16)), _mm512_set1_epi32((int)0x85EBCA6Bu));
    x = _mm512_mullo_epi32(
        _mm512_xor_si512(x, _mm512_srli_epi32(x, 13)), _mm512_set1_epi32((int)0xC2B2AE35u));
    x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
    return _mm512_cmpge_epu32_mask(x, _mm512_set1_epi32((int)threshold));
  }

  // Of elements `first`… of a row.
  __mmask16 kept(uint32_t row_seed, int64_t first) const {
    return kept(row_seed, _mm512_add_epi32(_mm512_set1_epi32((int)first), lanes()));
  }
};

} // namespace fathom
FATHOM_AVX512_END
#endif
