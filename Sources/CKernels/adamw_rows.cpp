#include <CKernels/adamw_rows.hpp>
#include <algorithm>
#include <new>
#include <sys/mman.h>
#include <utility>
#include <vector>

#include "parallel.hpp"
#include "tensors.hpp"

namespace fathom {

// On Linux the loader takes the widest of these that the processor has.
#if defined(__x86_64__) && defined(__linux__)
#define FATHOM_WIDEST __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define FATHOM_WIDEST
#endif

namespace {

typedef float Lane __attribute__((vector_size(64)));

using Step = AdamWStep;

// Of the moments: how much of a gradient comes in, how much is kept. Float32 would round 1 - 0.999f away.
struct Rates {
  float mean_new, square_kept, square_new, epsilon;
};

// Vectors go by reference: passed as values they would be tied to one instruction set.
template <typename V> inline void read(const float *p, V &x) { __builtin_memcpy(&x, p, sizeof(V)); }

// The state of `sizeof(V) / 4` weights through steps without a gradient, then through `last` with one, where
// there is one.
template <typename V>
inline __attribute__((always_inline)) void advance(
    float *p, float *m, float *v, const float *g, const Step *steps, int64_t count, const Step *last,
    Rates rates) {
  V weight, mean, square;
  read(p, weight);
  read(m, mean);
  read(v, square);
  const V zero = weight - weight;
  const auto apply = [&](const Step &step, const V &gradient) __attribute__((always_inline)) {
    weight = weight * step.decay;
    mean = mean + rates.mean_new * (gradient - mean);
    square = square * rates.square_kept + rates.square_new * gradient * gradient;
    weight = weight - step.rate * mean / (__builtin_elementwise_sqrt(square) / step.root + rates.epsilon);
  };
  for (int64_t i = 0; i < count; i++) apply(steps[i], zero);
  if (g) {
    V gradient;
    read(g, gradient);
    apply(*last, gradient);
  }
  __builtin_memcpy(p, &weight, sizeof(V));
  __builtin_memcpy(m, &mean, sizeof(V));
  __builtin_memcpy(v, &square, sizeof(V));
}

FATHOM_WIDEST void advance_row(
    float *p, float *m, float *v, const float *g, int64_t width, const Step *steps, int64_t count,
    const Step *last, Rates rates) {
  int64_t i = 0;
  for (; i + 16 <= width; i += 16)
    advance<Lane>(p + i, m + i, v + i, g ? g + i : nullptr, steps, count, last, rates);
  for (; i < width; i++) advance<float>(p + i, m + i, v + i, g ? g + i : nullptr, steps, count, last, rates);
}

template <typename V>
inline __attribute__((always_inline)) void decay(float *p, const Step *steps, int64_t count) {
  V weight;
  read(p, weight);
  for (int64_t i = 0; i < count; i++) weight = weight * steps[i].decay;
  __builtin_memcpy(p, &weight, sizeof(V));
}

// A row that never had a gradient only decays; its moments stay zeros, in memory that nobody has written to.
FATHOM_WIDEST void decay_row(float *p, int64_t width, const Step *steps, int64_t count) {
  int64_t i = 0;
  for (; i + 16 <= width; i += 16) decay<Lane>(p + i, steps, count);
  for (; i < width; i++) decay<float>(p + i, steps, count);
}

// Where each row occurs in a list of rows that may name one several times.
class Groups {
  std::vector<std::pair<int64_t, int64_t>> occurrences; // row, start
  std::vector<int64_t> starts;

public:
  Groups(const int64_t *rows, int64_t size) {
    occurrences.reserve(size);
    for (int64_t i = 0; i < size; i++) occurrences.emplace_back(rows[i], i);
    std::sort(occurrences.begin(), occurrences.end());
    for (int64_t i = 0; i < size; i++)
      if (i == 0 || occurrences[i].first != occurrences[i - 1].first) starts.push_back(i);
    starts.push_back(size);
  }

  int64_t count() const { return (int64_t)starts.size() - 1; }
  int64_t row(int64_t group) const { return occurrences[starts[group]].first; }

  // The gradients of a row added up in the order of the list, in `buffer` where there are several.
  const float *sum(int64_t group, const float *gradients, int64_t width, float *buffer) const {
    const float *only = gradients + occurrences[starts[group]].second * width;
    if (starts[group + 1] - starts[group] == 1) return only;
    std::copy(only, only + width, buffer);
    for (int64_t k = starts[group] + 1; k < starts[group + 1]; k++) {
      const float *more = gradients + occurrences[k].second * width;
      for (int64_t i = 0; i < width; i++) buffer[i] += more[i];
    }
    return buffer;
  }
};

} // namespace

at::Tensor zeros_on_demand(at::IntArrayRef sizes) {
  const size_t bytes = std::max<size_t>(1, c10::multiply_integers(sizes) * sizeof(float));
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
#ifdef MADV_NOHUGEPAGE
  madvise(memory, bytes, MADV_NOHUGEPAGE);
#endif
  const auto release = [bytes](void *p) { munmap(p, bytes); };
  return at::from_blob(memory, sizes, release, at::TensorOptions().dtype(at::kFloat));
}

void adamw_rows(
    AdamWTable table, const at::Tensor &ids, const at::Tensor &gradient, const AdamWHistory &history) {
  c10::AutoGradMode guard(false);
  const int64_t width = table.weights.size(1), until = history.first + history.count;
  float *p = mutable_elements<float>(table.weights), *m = mutable_elements<float>(table.means);
  float *v = mutable_elements<float>(table.squares);
  int32_t *seen = mutable_elements<int32_t>(table.seen);
  const Rates rates{
      (float)(1 - history.beta1), (float)history.beta2, (float)(1 - history.beta2), (float)history.epsilon};
  const auto update = [&](int64_t row, const float *g) {
    const int64_t start = row * width;
    const bool is_new = seen[row] < 0;
    const int64_t done = is_new ? -seen[row] - 1 : seen[row];
    const Step *from = history.steps + (done - history.first), *last = history.steps + history.count - 1;
    const int64_t skipped = until - done - (g ? 1 : 0);
    if (is_new && skipped > 0) decay_row(p + start, width, from, skipped);
    if (g || (!is_new && skipped > 0))
      advance_row(p + start, m + start, v + start, g, width, from, is_new ? 0 : skipped, last, rates);
    seen[row] = (int32_t)(is_new && !g ? -until - 1 : until);
  };
  if (!ids.defined() && !gradient.defined()) {
    for_each_range(table.weights.size(0), [&](int, int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) update(row, nullptr);
    });
  } else {
    const bool has_gradient = gradient.defined();
    const at::Tensor rows = (has_gradient ? gradient._indices()[0] : ids).contiguous();
    const at::Tensor values = has_gradient ? gradient._values().contiguous() : at::Tensor();
    const float *g = has_gradient ? elements<float>(values) : nullptr;
    const Groups groups(elements<int64_t>(rows), rows.numel());
    if (groups.count() == 0) return;
    TORCH_CHECK(
        groups.row(0) >= 0 && groups.row(groups.count() - 1) < table.weights.size(0),
        "a row is outside the table");
    for_each_range(groups.count(), [&](int, int64_t begin, int64_t end) {
      float *sum = scratch(width);
      for (int64_t i = begin; i < end; i++) update(groups.row(i), g ? groups.sum(i, g, width, sum) : nullptr);
    });
  }
  table.weights.unsafeGetTensorImpl()->bump_version();
}

} // namespace fathom
