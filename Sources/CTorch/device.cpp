#include "shim.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <CKernels/contention.hpp>
#include <dlfcn.h>
#include <fstream>
#include <set>
#include <torch/version.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#ifdef __linux__
#include <sched.h>
#endif

using namespace fathom;

namespace {
thread_local std::string last_error;
thread_local int last_kind = CT_ERROR_PROGRAMMER;
} // namespace

void fathom::remember(const char *message, int kind) {
  last_error = message;
  last_kind = kind;
}

extern "C" {

const char *ct_last_error(void) { return last_error.c_str(); }
int ct_last_error_kind(void) { return last_kind; }
const char *ct_version(void) { return TORCH_VERSION; }
int ct_thread_count(void) { return at::get_num_threads(); }
void ct_set_thread_count(int count) { at::set_num_threads(count); }
void ct_yield_to_other_work(void) { yield_to_other_work(); }
bool ct_beside_other_work(void) { return beside_other_work(); }

int ct_physical_core_count(void) {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    // The processors of one core name the same siblings.
    std::ifstream file(
        "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    std::string siblings;
    if (!std::getline(file, siblings)) return 0;
    cores.insert(siblings);
  }
  return (int)cores.size();
#else
  return 0;
#endif
}

// A training step frees and takes back the same few hundred megabytes: without this, glibc returns them to
// the system each time and the next step pays for fresh zeroed pages.
void ct_keep_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
  // libtorch then asks the system for huge pages under blocks of 2 MB and more; the user's own setting wins.
  setenv("THP_MEM_ALLOC_ENABLE", "1", 0);
}

int ct_seed(uint64_t seed) {
  return doing([&] { at::manual_seed(seed); });
}

ct_tensor ct_generator_state(void) {
  return making([&] { return at::detail::getDefaultCPUGenerator().get_state(); });
}

int ct_set_generator_state(ct_tensor state) {
  return doing([&] {
    auto generator = at::detail::getDefaultCPUGenerator();
    generator.set_state(take(state));
  });
}

// The CUDA half of libtorch is not linked: it registers itself when it is loaded, if it is there at all.
int ct_cuda_count(void) {
  // Without the driver there is no GPU, and a gigabyte of libraries need not be loaded to find that out.
  static void *driver = dlopen("libcuda.so.1", RTLD_NOW);
  static void *cuda = driver ? dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) : nullptr;
  if (!cuda) return 0;
  try {
    return at::hasCUDA() ? (int)at::globalContext().getAcceleratorHooksInterface(at::kCUDA).deviceCount() : 0;
  } catch (...) {
    return 0;
  }
}

bool ct_mps_available(void) { return at::hasMPS(); }

bool ct_cpu_has_bfloat16(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") || __builtin_cpu_supports("amx-bf16");
#elif defined(__APPLE__) && defined(__ARM_FEATURE_BF16)
  return true;
#else
  return false;
#endif
}
}
