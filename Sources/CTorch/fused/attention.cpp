#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include <cmath>
#include <numeric>
#include "attention_kernel.hpp"
#include "fused.hpp"

using namespace fathom;

#if defined(__x86_64__)
namespace {

// The heads of all sequences of a packed batch, as tasks: longest sequences first, so that threads end together.
struct Batch {
  std::vector<int64_t> lengths, starts, order;
  int64_t heads;

  Batch(const at::Tensor &sizes, int64_t heads)
      : lengths(static_cast<const int64_t *>(sizes.const_data_ptr()), static_cast<const int64_t *>(sizes.const_data_ptr()) + sizes.numel()), starts(lengths.size()),
        order(lengths.size()), heads(heads) {
    std::exclusive_scan(lengths.begin(), lengths.end(), starts.begin(), int64_t(0));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return lengths[a] > lengths[b]; });
  }

  // Calls each(head, first row, index of the head among all).
  template <typename Type, typename Each>
  void run(const at::Tensor &qkv, double probability, uint64_t seed, Each each) const {
    const int64_t hidden = qkv.size(1) / 3, size = hidden / heads;
    using Element = typename Type::Element;
    auto *base = static_cast<const Element *>(qkv.const_data_ptr());
    for_each_task((int64_t)lengths.size() * heads, [&](int64_t task) {
      const int64_t sequence = order[task / heads], head = task % heads;
      const Element *query = base + starts[sequence] * 3 * hidden + head * size;
      const Head<Type> one{query, query + hidden, query + 2 * hidden, 3 * hidden, (int)lengths[sequence], (int)size,
                           1 / std::sqrt((float)size), Dropout(probability),
                           Dropout::seed(seed, sequence * heads + head)};
      each(one, starts[sequence], head);
    });
  }
};

template <typename Type>
void forward(const at::Tensor &qkv, const Batch &batch, double p, uint64_t seed, at::Tensor &out, at::Tensor &logs) {
  using Element = typename Type::Element;
  const int64_t tokens = out.size(0), hidden = out.size(1), size = hidden / batch.heads;
  auto *to = static_cast<Element *>(out.mutable_data_ptr());
  float *log_sums = logs.mutable_data_ptr<float>();
  batch.run<Type>(qkv, p, seed, [&](const Head<Type> &one, int64_t start, int64_t head) {
    one.forward(to + start * hidden + head * size, hidden, log_sums + head * tokens + start);
  });
}

template <typename Type>
void backward(
    const at::Tensor &qkv, const Batch &batch, double p, uint64_t seed, const at::Tensor &out, const at::Tensor &logs,
    const at::Tensor &grad, at::Tensor &grad_qkv) {
  using Element = typename Type::Element;
  const int64_t tokens = out.size(0), hidden = out.size(1), size = hidden / batch.heads;
  auto *outs = static_cast<const Element *>(out.const_data_ptr());
  auto *grads = static_cast<const Element *>(grad.const_data_ptr());
  auto *to = static_cast<Element *>(grad_qkv.mutable_data_ptr());
  const float *log_sums = static_cast<const float *>(logs.const_data_ptr());
  batch.run<Type>(qkv, p, seed, [&](const Head<Type> &one, int64_t start, int64_t head) {
    const int64_t place = start * hidden + head * size;
    Element *query = to + start * 3 * hidden + head * size;
    one.backward(
        outs + place, grads + place, hidden, log_sums + head * tokens + start, query, query + hidden, query + 2 * hidden);
  });
}

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor qkv, at::Tensor lengths, int64_t heads, double p) {
    qkv = qkv.contiguous();
    const int64_t seed = p > 0 ? draw_seed() : 0;
    at::Tensor out = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.options());
    at::Tensor logs = at::empty({heads, qkv.size(0)}, qkv.options().dtype(at::kFloat));
    const Batch batch(lengths, heads);
    if (qkv.scalar_type() == at::kFloat) ::forward<Float32>(qkv, batch, p, seed, out, logs);
    else ::forward<BFloat16>(qkv, batch, p, seed, out, logs);
    context->save_for_backward({qkv, lengths, out, logs});
    context->saved_data["heads"] = heads;
    context->saved_data["p"] = p;
    context->saved_data["seed"] = seed;
    return out;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor grad = grads[0].contiguous();
    const Batch batch(saved[1], context->saved_data["heads"].toInt());
    const double p = context->saved_data["p"].toDouble();
    const auto seed = (uint64_t)context->saved_data["seed"].toInt();
    at::Tensor grad_qkv = at::empty_like(saved[0]);
    if (grad.scalar_type() == at::kFloat) ::backward<Float32>(saved[0], batch, p, seed, saved[2], saved[3], grad, grad_qkv);
    else ::backward<BFloat16>(saved[0], batch, p, seed, saved[2], saved[3], grad, grad_qkv);
    return {grad_qkv, {}, {}, {}};
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_packed_attention(ct_tensor qkv, ct_tensor lengths, int64_t heads, double dropout) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    return PackedAttention::apply(take(qkv), take(lengths), heads, dropout);
#else
    TORCH_CHECK(false, "no fused attention for this processor");
#endif
  });
}
