#include <CKernels/processor.hpp>

namespace fathom {

bool has_avx512_bfloat16() {
#if defined(__x86_64__)
  static const bool all = [] {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bf16");
  }();
  return all;
#else
  return false;
#endif
}

bool has_kernels(at::ScalarType type) {
  return has_avx512_bfloat16() && (type == at::kFloat || type == at::kBFloat16);
}

bool has_matrix_tiles() {
#if defined(__x86_64__)
  static const bool tiles = __builtin_cpu_supports("amx-bf16");
  return tiles;
#else
  return false;
#endif
}

} // namespace fathom
