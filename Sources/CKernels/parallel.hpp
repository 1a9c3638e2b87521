// Work for all threads of libtorch's own pool (GNU OpenMP), reached through its C entry points: a second pool
// beside it would fight for the same cores, and clang's -fopenmp would bring one.
#pragma once
#include <ATen/Parallel.h>
#include <CKernels/contention.hpp>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>

namespace fathom {

// Calls body(thread, threads) once on each thread; it must not throw.
template <typename Body> void on_all_threads(Body body) {
  using Enter = void (*)(void (*)(void *), void *, unsigned, unsigned);
  using Number = int (*)();
  static const auto enter = reinterpret_cast<Enter>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  static const auto number = reinterpret_cast<Number>(dlsym(RTLD_DEFAULT, "omp_get_thread_num"));
  static const auto size = reinterpret_cast<Number>(dlsym(RTLD_DEFAULT, "omp_get_num_threads"));
  const int wanted = at::in_parallel_region() ? 1 : at::get_num_threads();
  if (!enter || !number || !size || wanted == 1) return body(0, 1);
  enter([](void *data) { (*static_cast<Body *>(data))(number(), size()); }, &body, (unsigned)wanted, 0);
}

// Work that is not worth waking other threads for, some microseconds of one: elements that are passed over,
// or sixteen multiplications of a product each.
constexpr int64_t kSerialWork = int64_t(1) << 15;
// The same where a thread that is woken has to wait until other work lets go of the processor: a tenth of a
// millisecond.
constexpr int64_t kSerialWorkBesideOthers = int64_t(1) << 19;

inline int64_t serial_work() { return beside_other_work() ? kSerialWorkBesideOthers : kSerialWork; }

// Tasks are handed out one by one; each must write to elements of its own. Results do not depend on the
// number of threads.
// - work: of each task; where it is known and all of it is little, this thread does it alone.
template <typename Task> void for_each_task(int64_t count, Task task, int64_t work = kSerialWork) {
  if (count <= 1 || count * work < serial_work()) {
    for (int64_t i = 0; i < count; i++) task(i);
    return;
  }
  std::atomic<int64_t> next{0};
  on_all_threads([&](int, int) {
    for (int64_t i = next++; i < count; i = next++) task(i);
  });
}

// Rows are cut into one range per thread, so that sums over rows do not depend on timing.
// - work: of each row, as above; only where no sum depends on the ranges.
template <typename Range> void for_each_range(int64_t rows, Range range, int64_t work = kSerialWork) {
  if (rows * work < serial_work()) return range(0, 0, rows);
  on_all_threads([&](int thread, int threads) {
    const int64_t share = (rows + threads - 1) / threads;
    const int64_t first = std::min(rows, thread * share);
    range(thread, first, std::min(rows, first + share));
  });
}

// Memory that a thread keeps from call to call, on cache lines.
inline float *scratch(size_t floats) {
  struct Block {
    float *data = nullptr;
    size_t size = 0;
    ~Block() { std::free(data); }
  };
  static thread_local Block block;
  if (block.size < floats) {
    std::free(block.data);
    block.size = (floats + 1023) / 1024 * 1024;
    block.data = static_cast<float *>(std::aligned_alloc(64, block.size * sizeof(float)));
    if (!block.data) std::abort();
  }
  return block.data;
}

} // namespace fathom
