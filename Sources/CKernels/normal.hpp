// The normal distribution, sixteen floats at a time: what GELU is made of.
#pragma once
#include "lanes.hpp"
#if defined(__x86_64__)
FATHOM_AVX512_BEGIN

namespace fathom {

// 1 / √2π, what e^(-x²/2) is multiplied by to be a density.
constexpr float kPdfScale = 0.39894228f;

// Φ(x), the normal distribution function (cdf), and e^(-x²/2), the density before it is scaled; error of Φ
// under 1e-7.
// - Source: Abramowitz and Stegun 1964, 7.1.26.
struct Normal {
  __m512 cdf, unscaled_pdf;

  explicit Normal(__m512 x) {
    const __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
    const __m512 t = _mm512_div_ps(
        _mm512_set1_ps(1.f), _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), _mm512_set1_ps(1.f)));
    unscaled_pdf = fathom::exp2(_mm512_mul_ps(_mm512_mul_ps(z, z), _mm512_set1_ps(-1.44269504f)));
    __m512 y = _mm512_set1_ps(1.061405429f);
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(-1.453152027f));
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(1.421413741f));
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(-0.284496736f));
    y = _mm512_fmadd_ps(y, t, _mm512_set1_ps(0.254829592f));
    const __m512 upper =
        _mm512_mul_ps(_mm512_mul_ps(_mm512_mul_ps(y, t), unscaled_pdf), _mm512_set1_ps(0.5f)); // 1 - Φ(|x|)
    const __mmask16 negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
    cdf = _mm512_mask_mov_ps(_mm512_sub_ps(_mm512_set1_ps(1.f), upper), negative, upper);
  }
};

// - Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units".
inline __m512 gelu(__m512 x) { return _mm512_mul_ps(x, Normal(x).cdf); }

} // namespace fathom
FATHOM_AVX512_END
#endif
