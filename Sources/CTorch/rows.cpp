#include "shim.hpp"
#include <sys/mman.h>
#include "fused/fused.hpp"
#include "fused/parallel.hpp"

using namespace fathom;

// On Linux the loader takes the widest of these that the processor has.
#if defined(__x86_64__) && defined(__linux__)
#define FATHOM_WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define FATHOM_WIDEST
#endif

namespace {

typedef float Lane __attribute__((vector_size(64)));

// One step of AdamW: what weights are multiplied by, the learning rate over the first bias correction, and the root of
// the second one.
struct Step {
  float decay, rate, root;
};

// Of the moments: how much of a gradient comes in, how much is kept. Float32 would round 1 - 0.999f away.
struct Rates {
  float mean_new, square_kept, square_new, epsilon;
};

template <typename V> inline V read(const float *p) {
  V x;
  __builtin_memcpy(&x, p, sizeof(V));
  return x;
}

// The state of `sizeof(V) / 4` weights through steps without a gradient, then through `last` with one, where there is one.
template <typename V>
inline __attribute__((always_inline)) void
advance(float *p, float *m, float *v, const float *g, const Step *steps, int64_t count, const Step *last, Rates rates) {
  V weight = read<V>(p), mean = read<V>(m), square = read<V>(v);
  const V none = weight - weight;
  const auto one = [&](const Step &step, V gradient) __attribute__((always_inline)) {
    weight = weight * step.decay;
    mean = mean + rates.mean_new * (gradient - mean);
    square = square * rates.square_kept + rates.square_new * gradient * gradient;
    weight = weight - step.rate * mean / (__builtin_elementwise_sqrt(square) / step.root + rates.epsilon);
  };
  for (int64_t i = 0; i < count; i++) one(steps[i], none);
  if (g) one(*last, read<V>(g));
  __builtin_memcpy(p, &weight, sizeof(V));
  __builtin_memcpy(m, &mean, sizeof(V));
  __builtin_memcpy(v, &square, sizeof(V));
}

FATHOM_WIDEST void
advance_row(float *p, float *m, float *v, const float *g, int64_t width, const Step *steps, int64_t count, const Step *last, Rates rates) {
  int64_t i = 0;
  for (; i + 16 <= width; i += 16) advance<Lane>(p + i, m + i, v + i, g ? g + i : nullptr, steps, count, last, rates);
  for (; i < width; i++) advance<float>(p + i, m + i, v + i, g ? g + i : nullptr, steps, count, last, rates);
}

template <typename V> inline __attribute__((always_inline)) void decay(float *p, const Step *steps, int64_t count) {
  V weight = read<V>(p);
  for (int64_t i = 0; i < count; i++) weight = weight * steps[i].decay;
  __builtin_memcpy(p, &weight, sizeof(V));
}

// A row that never had a gradient only decays; its moments stay zeros, in memory that nobody has written to.
FATHOM_WIDEST void decay_row(float *p, int64_t width, const Step *steps, int64_t count) {
  int64_t i = 0;
  for (; i + 16 <= width; i += 16) decay<Lane>(p + i, steps, count);
  for (; i < width; i++) decay<float>(p + i, steps, count);
}

} // namespace

extern "C" {

ct_tensor ct_zeros_on_demand(const int64_t *sizes, int rank) {
  return making([&] {
    const c10::IntArrayRef shape(sizes, (size_t)rank);
    const size_t bytes = std::max<size_t>(1, c10::multiply_integers(shape) * sizeof(float));
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_NOHUGEPAGE
    madvise(memory, bytes, MADV_NOHUGEPAGE);
#endif
    return at::from_blob(memory, shape, [bytes](void *p) { munmap(p, bytes); }, options(CT_FLOAT32));
  });
}

int ct_adamw_rows(ct_tensor table, ct_tensor mean, ct_tensor square, ct_tensor seen, ct_tensor ids, ct_tensor gradient, const float *steps, int64_t first, int64_t count, double beta1, double beta2, double epsilon) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    at::Tensor weights = take(table), means = take(mean), squares = take(square), last_seen = take(seen), rows, grads;
    if (gradient) {
      const at::Tensor sparse = take(gradient).coalesce();
      rows = sparse.indices()[0].contiguous();
      grads = sparse.values().contiguous();
    } else {
      rows = ids ? std::get<0>(at::_unique(take(ids))) : at::arange(weights.size(0), at::kLong);
    }
    const int64_t width = weights.size(1), until = first + count, *row_ids = elements<int64_t>(rows);
    float *p = mutable_elements<float>(weights), *m = mutable_elements<float>(means), *v = mutable_elements<float>(squares);
    int32_t *seen_at = mutable_elements<int32_t>(last_seen);
    const float *g = gradient ? elements<float>(grads) : nullptr;
    const Step *all = reinterpret_cast<const Step *>(steps);
    const Rates rates{(float)(1 - beta1), (float)beta2, (float)(1 - beta2), (float)epsilon};
    for_each_range(rows.numel(), [&](int, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t row = row_ids[i], place = row * width;
        const bool fresh = seen_at[row] < 0;
        const int64_t done = fresh ? -seen_at[row] - 1 : seen_at[row];
        const Step *from = all + (done - first);
        const int64_t quiet = until - done - (g ? 1 : 0);
        if (fresh && quiet > 0) decay_row(p + place, width, from, quiet);
        if (g || (!fresh && quiet > 0))
          advance_row(p + place, m + place, v + place, g ? g + i * width : nullptr, width, from, fresh ? 0 : quiet, all + count - 1, rates);
        seen_at[row] = (int32_t)(fresh && !g ? -until - 1 : until);
      }
    });
    weights.unsafeGetTensorImpl()->bump_version();
  });
}
}
