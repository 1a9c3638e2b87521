// What the processor under this process has.
#pragma once
#include <ATen/core/Tensor.h>

namespace fathom {

// AVX-512 with bfloat16: what every kernel but AdamW's and few lines of glue is written for.
bool has_avx512_bfloat16();
// Whether the kernels take rows of this type here: float32 and bfloat16.
bool has_kernels(at::ScalarType type);
// Tiles of hardware for bfloat16 (AMX), which oneDNN multiplies with.
bool has_matrix_tiles();

} // namespace fathom
