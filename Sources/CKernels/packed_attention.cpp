#include <CKernels/packed_attention.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "attention_head.hpp"
#include "autograd.hpp"

namespace fathom {

#if defined(__x86_64__)
namespace {

struct AttentionSettings {
  int64_t heads;
  double dropout;
  uint64_t seed;
};

// The heads of all sequences of a packed batch, as tasks: longest sequences first, so that threads end
// together.
struct Batch {
  std::vector<int64_t> lengths, starts, order;
  int64_t heads;

  Batch(const at::Tensor &sizes, int64_t heads)
      : lengths(elements<int64_t>(sizes), elements<int64_t>(sizes) + sizes.numel()), starts(lengths.size()),
        order(lengths.size()), heads(heads) {
    std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), int64_t(0));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return lengths[a] > lengths[b]; });
  }

  // Of a task, on average.
  int64_t work(int64_t size) const {
    int64_t squares = 0;
    for (int64_t length : lengths) squares += length * length;
    return 2 * squares * size / kLanes / std::max<int64_t>(1, (int64_t)lengths.size());
  }

  // Calls each(head, first row, index of the head among all).
  template <typename Type, typename Each>
  void run(const at::Tensor &qkv, const AttentionSettings &settings, Each each) const {
    const int64_t hidden = qkv.size(1) / 3, size = hidden / heads;
    using Element = typename Type::Element;
    auto *base = elements<Element>(qkv);
    for_each_task(
        (int64_t)lengths.size() * heads,
        [&](int64_t task) {
          const int64_t sequence = order[task / heads], head = task % heads;
          const Element *query = base + starts[sequence] * 3 * hidden + head * size;
          const Head<Type> one{
              query,
              query + hidden,
              query + 2 * hidden,
              3 * hidden,
              (int)lengths[sequence],
              (int)size,
              1 / std::sqrt((float)size),
              Dropout(settings.dropout),
              Dropout::seed(settings.seed, sequence * heads + head)};
          each(one, starts[sequence], head);
        },
        work(size));
  }
};

template <typename Type>
void forward(
    const at::Tensor &qkv, const Batch &batch, const AttentionSettings &settings, const at::Tensor &out,
    const at::Tensor &logs) {
  using Element = typename Type::Element;
  const int64_t tokens = out.size(0), hidden = out.size(1), size = hidden / batch.heads;
  auto *to = mutable_elements<Element>(out);
  float *log_sums = mutable_elements<float>(logs);
  batch.run<Type>(qkv, settings, [&](const Head<Type> &one, int64_t start, int64_t head) {
    one.forward(to + start * hidden + head * size, hidden, log_sums + head * tokens + start);
  });
}

template <typename Type>
void backward(
    const at::Tensor &qkv, const Batch &batch, const AttentionSettings &settings, const at::Tensor &out,
    const at::Tensor &logs, const at::Tensor &grad, const at::Tensor &grad_qkv) {
  using Element = typename Type::Element;
  const int64_t tokens = out.size(0), hidden = out.size(1), size = hidden / batch.heads;
  auto *outs = elements<Element>(out), *grads = elements<Element>(grad);
  auto *to = mutable_elements<Element>(grad_qkv);
  const float *log_sums = elements<float>(logs);
  batch.run<Type>(qkv, settings, [&](const Head<Type> &one, int64_t start, int64_t head) {
    const int64_t offset = start * hidden + head * size;
    Element *query = to + start * 3 * hidden + head * size;
    one.backward(
        outs + offset, grads + offset, hidden, log_sums + head * tokens + start, query, query + hidden,
        query + 2 * hidden);
  });
}

struct PackedAttention : Differentiable<PackedAttention, AttentionSettings> {
  static at::Tensor
  forward(Context *context, at::Tensor qkv, at::Tensor lengths, AttentionSettings settings) {
    qkv = qkv.contiguous();
    at::Tensor out = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
    at::Tensor logs = at::empty({settings.heads, qkv.size(0)}, qkv.options().dtype(at::kFloat));
    const Batch batch(lengths, settings.heads);
    if (qkv.scalar_type() == at::kFloat) fathom::forward<Float32>(qkv, batch, settings, out, logs);
    else fathom::forward<BFloat16>(qkv, batch, settings, out, logs);
    keep(context, {qkv, lengths, out, logs}, settings);
    return out;
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    const at::Tensor &qkv = kept[0], &out = kept[2], &logs = kept[3];
    const Batch batch(kept[1], kept.settings.heads);
    at::Tensor grad_qkv = at::empty_like(qkv);
    if (grad.scalar_type() == at::kFloat)
      fathom::backward<Float32>(qkv, batch, kept.settings, out, logs, grad, grad_qkv);
    else fathom::backward<BFloat16>(qkv, batch, kept.settings, out, logs, grad, grad_qkv);
    return {grad_qkv, {}, {}};
  }
};

} // namespace
#endif

at::Tensor packed_attention(
    [[maybe_unused]] const at::Tensor &qkv, [[maybe_unused]] const at::Tensor &lengths,
    [[maybe_unused]] int64_t heads, [[maybe_unused]] double dropout) {
#if defined(__x86_64__)
  const uint64_t seed = dropout > 0 ? (uint64_t)draw_seed() : 0;
  return PackedAttention::apply(qkv, lengths, AttentionSettings{heads, dropout, seed});
#else
  TORCH_CHECK(false, "no fused attention for this processor");
#endif
}

} // namespace fathom
