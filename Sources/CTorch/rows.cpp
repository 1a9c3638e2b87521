#include "shim.hpp"
#include <algorithm>
#include <sys/mman.h>
#include <utility>
#include <vector>
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

// The places of each row in a list of rows that may name one several times.
class Groups {
  std::vector<std::pair<int64_t, int64_t>> places; // row, place
  std::vector<int64_t> starts;

public:
  Groups(const int64_t *rows, int64_t size) {
    places.reserve(size);
    for (int64_t i = 0; i < size; i++) places.emplace_back(rows[i], i);
    std::sort(places.begin(), places.end());
    for (int64_t i = 0; i < size; i++)
      if (i == 0 || places[i].first != places[i - 1].first) starts.push_back(i);
    starts.push_back(size);
  }

  int64_t count() const { return (int64_t)starts.size() - 1; }
  int64_t row(int64_t group) const { return places[starts[group]].first; }

  // The gradients of a row added up in the order of their places, in `room` where there are several.
  const float *sum(int64_t group, const float *gradients, int64_t width, float *room) const {
    const float *one = gradients + places[starts[group]].second * width;
    if (starts[group + 1] - starts[group] == 1) return one;
    std::copy(one, one + width, room);
    for (int64_t k = starts[group] + 1; k < starts[group + 1]; k++) {
      const float *more = gradients + places[k].second * width;
      for (int64_t i = 0; i < width; i++) room[i] += more[i];
    }
    return room;
  }
};

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
    at::Tensor weights = take(table), means = take(mean), squares = take(square), last_seen = take(seen);
    const int64_t width = weights.size(1), until = first + count;
    float *p = mutable_elements<float>(weights), *m = mutable_elements<float>(means), *v = mutable_elements<float>(squares);
    int32_t *seen_at = mutable_elements<int32_t>(last_seen);
    const Step *all = reinterpret_cast<const Step *>(steps);
    const Rates rates{(float)(1 - beta1), (float)beta2, (float)(1 - beta2), (float)epsilon};
    const auto bring = [&](int64_t row, const float *g) {
      const int64_t place = row * width;
      const bool fresh = seen_at[row] < 0;
      const int64_t done = fresh ? -seen_at[row] - 1 : seen_at[row];
      const Step *from = all + (done - first);
      const int64_t quiet = until - done - (g ? 1 : 0);
      if (fresh && quiet > 0) decay_row(p + place, width, from, quiet);
      if (g || (!fresh && quiet > 0))
        advance_row(p + place, m + place, v + place, g, width, from, fresh ? 0 : quiet, all + count - 1, rates);
      seen_at[row] = (int32_t)(fresh && !g ? -until - 1 : until);
    };
    if (!ids && !gradient) {
      for_each_range(weights.size(0), [&](int, int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) bring(row, nullptr);
      });
    } else {
      const at::Tensor rows = (gradient ? take(gradient)._indices()[0] : take(ids)).contiguous();
      const at::Tensor values = gradient ? take(gradient)._values().contiguous() : at::Tensor();
      const float *g = gradient ? elements<float>(values) : nullptr;
      const Groups groups(elements<int64_t>(rows), rows.numel());
      if (groups.count() == 0) return;
      TORCH_CHECK(groups.row(0) >= 0 && groups.row(groups.count() - 1) < weights.size(0), "a row is outside the table");
      for_each_range(groups.count(), [&](int, int64_t begin, int64_t end) {
        float *sum = scratch(width);
        for (int64_t i = begin; i < end; i++) bring(groups.row(i), g ? groups.sum(i, g, width, sum) : nullptr);
      });
    }
    weights.unsafeGetTensorImpl()->bump_version();
  });
}
}
