#include <CKernels/bilstm.hpp>
#include <cstring>
#include <numeric>

#include "autograd.hpp"
#include "parallel.hpp"
#include "tiles.hpp"

namespace fathom {

#if defined(__x86_64__)
FATHOM_AVX512_BEGIN
namespace {

inline __m512 sigmoid(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.f);
  // In this order, so that what is not a number stays so.
  const __m512 bounded = _mm512_min_ps(_mm512_set1_ps(126.f), _mm512_mul_ps(x, _mm512_set1_ps(-1.44269504f)));
  return _mm512_div_ps(one, _mm512_add_ps(one, fathom::exp2(bounded)));
}

inline __m512 tanh(__m512 x) {
  return _mm512_fmsub_ps(_mm512_set1_ps(2.f), sigmoid(_mm512_add_ps(x, x)), _mm512_set1_ps(1.f));
}

// One direction of an LSTM over a packed batch: the rows of a time step are the sequences that reach it,
// longest first.
// - Source: Hochreiter and Schmidhuber 1997; gates in the order i, f, g, o, as `torch.nn.LSTM` has them.
struct Direction {
  const int64_t *batch_sizes, *starts;
  int64_t steps, hidden;
  bool reverse;

  int64_t time(int64_t step) const { return reverse ? steps - 1 - step : step; }
  // How many of the rows from `first` (at most `limit`) a time step has.
  int rows(int64_t time, int64_t first, int64_t limit) const {
    return (int)std::max<int64_t>(0, std::min(limit, batch_sizes[time] - first));
  }

  // - gates: [T,4H], x W_ihᵀ + biases; becomes the activated gates. - transposed: W_hhᵀ, [H,4H].
  // - cells, before: [T,H], the cell after and the state before each step. - state: [B,H], zeros, becomes the
  // last one.
  void forward(
      float *gates, const float *transposed, float *cells, float *before, float *state, int64_t first,
      int64_t limit) const {
    float *cell = scratch(limit * hidden);
    std::memset(cell, 0, limit * hidden * sizeof(float));
    float *h = state + first * hidden;
    for (int64_t step = 0; step < steps; step++) {
      const int64_t t = time(step);
      const int count = rows(t, first, limit);
      if (count == 0) continue;
      const int64_t row = starts[t] + first;
      float *g = gates + row * 4 * hidden;
      std::memcpy(before + row * hidden, h, count * hidden * sizeof(float));
      product<Float32>(
          count, 4 * hidden, hidden, (const uint32_t *)h, hidden, (const uint32_t *)transposed, 4 * hidden, g,
          4 * hidden, true);
      for (int r = 0; r < count; r++, g += 4 * hidden)
        for (int64_t i = 0; i < hidden; i += kLanes) {
          const __m512 in = sigmoid(load(g + i)), forget = sigmoid(load(g + hidden + i));
          const __m512 candidate = tanh(load(g + 2 * hidden + i)), out = sigmoid(load(g + 3 * hidden + i));
          const __m512 c = _mm512_fmadd_ps(forget, load(cell + r * hidden + i), _mm512_mul_ps(in, candidate));
          store(g + i, in);
          store(g + hidden + i, forget);
          store(g + 2 * hidden + i, candidate);
          store(g + 3 * hidden + i, out);
          store(cell + r * hidden + i, c);
          store(cells + (row + r) * hidden + i, c);
          store(h + r * hidden + i, _mm512_mul_ps(out, tanh(c)));
        }
    }
  }

  // - grad_state: [B,H], the gradient of the last state; is used up. - grad_gates: [T,4H], of the gates
  // before activation.
  void backward(
      const float *gates, const float *weight, const float *cells, float *grad_state, float *grad_gates,
      int64_t first, int64_t limit) const {
    float *grad_cell = scratch(limit * hidden);
    std::memset(grad_cell, 0, limit * hidden * sizeof(float));
    float *dh = grad_state + first * hidden;
    for (int64_t step = steps - 1; step >= 0; step--) {
      const int64_t t = time(step);
      const int count = rows(t, first, limit);
      if (count == 0) continue;
      const int64_t row = starts[t] + first;
      const int earlier = step > 0 ? rows(time(step - 1), first, limit) : 0;
      const float *cell_before = step > 0 ? cells + (starts[time(step - 1)] + first) * hidden : cells;
      const float *g = gates + row * 4 * hidden;
      float *d = grad_gates + row * 4 * hidden;
      for (int r = 0; r < count; r++, g += 4 * hidden, d += 4 * hidden)
        for (int64_t i = 0; i < hidden; i += kLanes) {
          const __m512 one = _mm512_set1_ps(1.f);
          const __m512 in = load(g + i), forget = load(g + hidden + i), candidate = load(g + 2 * hidden + i);
          const __m512 out = load(g + 3 * hidden + i), c = tanh(load(cells + (row + r) * hidden + i));
          const __m512 dout = load(dh + r * hidden + i);
          const __m512 through = _mm512_mul_ps(_mm512_mul_ps(dout, out), _mm512_fnmadd_ps(c, c, one));
          const __m512 dc = _mm512_add_ps(load(grad_cell + r * hidden + i), through);
          const __m512 c_before = r < earlier ? load(cell_before + r * hidden + i) : _mm512_setzero_ps();
          store(
              d + i, _mm512_mul_ps(_mm512_mul_ps(dc, candidate), _mm512_mul_ps(in, _mm512_sub_ps(one, in))));
          store(
              d + hidden + i,
              _mm512_mul_ps(_mm512_mul_ps(dc, c_before), _mm512_mul_ps(forget, _mm512_sub_ps(one, forget))));
          store(
              d + 2 * hidden + i,
              _mm512_mul_ps(_mm512_mul_ps(dc, in), _mm512_fnmadd_ps(candidate, candidate, one)));
          store(
              d + 3 * hidden + i,
              _mm512_mul_ps(_mm512_mul_ps(dout, c), _mm512_mul_ps(out, _mm512_sub_ps(one, out))));
          store(grad_cell + r * hidden + i, _mm512_mul_ps(dc, forget));
        }
      product<Float32>(
          count, hidden, 4 * hidden, (const uint32_t *)(grad_gates + row * 4 * hidden), 4 * hidden,
          (const uint32_t *)weight, hidden, dh, hidden);
    }
  }
};

} // namespace
FATHOM_AVX512_END

namespace {

struct Layout {
  std::vector<int64_t> starts;
  Direction directions[2];
  int64_t batch, group;

  Layout(const at::Tensor &batch_sizes, int64_t hidden) : starts(batch_sizes.numel()) {
    const auto *sizes = static_cast<const int64_t *>(batch_sizes.const_data_ptr());
    std::exclusive_scan(sizes, sizes + starts.size(), starts.begin(), int64_t(0));
    for (bool reverse : {false, true})
      directions[reverse] = {sizes, starts.data(), (int64_t)starts.size(), hidden, reverse};
    batch = sizes[0];
    const int64_t groups = std::max(1, at::get_num_threads() / 2);
    group = (batch + groups - 1) / groups;
  }

  // Sequences do not meet, so each direction is cut into groups of them.
  template <typename Each> void run(Each each) const {
    const int64_t groups = (batch + group - 1) / group;
    for_each_task(2 * groups, [&](int64_t task) {
      const int64_t first = task / 2 * group;
      each(task % 2, directions[task % 2], first, std::min(group, batch - first));
    });
  }
};

struct LSTM : Differentiable<LSTM, ProductLimits> {
  // Weights: W_ih, W_hh, b_ih, b_hh forward, then reverse.
  static at::Tensor forward(
      Context *context, at::Tensor x, at::Tensor batch_sizes, at::Tensor wi, at::Tensor wh, at::Tensor bi,
      at::Tensor bh, at::Tensor rwi, at::Tensor rwh, at::Tensor rbi, at::Tensor rbh, ProductLimits limits) {
    x = x.contiguous();
    const int64_t hidden = wh.size(1), tokens = x.size(0);
    const Layout layout(batch_sizes, hidden);
    const at::Tensor gates[2] = {
        linear_product(x, {wi}, {bi + bh}, limits), linear_product(x, {rwi}, {rbi + rbh}, limits)};
    const at::Tensor transposed[2] = {wh.t().contiguous(), rwh.t().contiguous()};
    const at::Tensor cells = at::empty({2, tokens, hidden}, x.options()), before = at::empty_like(cells);
    const at::Tensor state = at::zeros({2, layout.batch, hidden}, x.options());
    layout.run([&](int64_t d, const Direction &direction, int64_t first, int64_t limit) {
      const int64_t offset = d * tokens * hidden;
      direction.forward(
          mutable_elements<float>(gates[d]), elements<float>(transposed[d]),
          mutable_elements<float>(cells) + offset, mutable_elements<float>(before) + offset,
          mutable_elements<float>(state) + d * layout.batch * hidden, first, limit);
    });
    keep(context, {x, batch_sizes, wi, wh, rwi, rwh, gates[0], gates[1], cells, before}, limits);
    return state.transpose(0, 1).reshape({layout.batch, 2 * hidden});
  }

  static Gradients gradients(const Kept &kept, const at::Tensor &grad) {
    const at::Tensor &x = kept[0], &cells = kept[8], &before = kept[9];
    const at::Tensor input[2] = {kept[2], kept[4]}, weight[2] = {kept[3].contiguous(), kept[5].contiguous()};
    const ProductLimits &limits = kept.settings;
    const int64_t hidden = weight[0].size(1), tokens = x.size(0);
    const Layout layout(kept[1], hidden);
    const at::Tensor grad_state =
        grad.reshape({layout.batch, 2, hidden}).transpose(0, 1).clone(at::MemoryFormat::Contiguous);
    const at::Tensor grad_gates = at::empty({2, tokens, 4 * hidden}, x.options());
    layout.run([&](int64_t d, const Direction &direction, int64_t first, int64_t limit) {
      direction.backward(
          elements<float>(kept[6 + d]), elements<float>(weight[d]),
          elements<float>(cells) + d * tokens * hidden,
          mutable_elements<float>(grad_state) + d * layout.batch * hidden,
          mutable_elements<float>(grad_gates) + d * tokens * 4 * hidden, first, limit);
    });
    at::Tensor grad_x;
    Gradients result(11);
    for (int d = 0; d < 2; d++) {
      const at::Tensor own = grad_gates[d];
      if (kept.needs_gradient(0)) {
        const at::Tensor part = input_gradient(own, {input[d]}, limits);
        grad_x = d == 0 ? part : grad_x.add_(part);
      }
      result[2 + 4 * d] = weight_gradient(own, 0, 4 * hidden, x, limits);
      result[3 + 4 * d] = weight_gradient(own, 0, 4 * hidden, before[d], limits);
      result[4 + 4 * d] = result[5 + 4 * d] = own.sum(0);
    }
    result[0] = grad_x;
    return result;
  }
};

} // namespace
#endif

at::Tensor bilstm(
    [[maybe_unused]] const at::Tensor &x, [[maybe_unused]] const at::Tensor &batch_sizes,
    [[maybe_unused]] const std::vector<at::Tensor> &weights, [[maybe_unused]] const ProductLimits &limits) {
#if defined(__x86_64__)
  TORCH_CHECK(weights.size() == 8, "an LSTM of two directions has eight parameters");
  const auto &w = weights;
  return LSTM::apply(x, batch_sizes, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], limits);
#else
  TORCH_CHECK(false, "no fused LSTM for this processor");
#endif
}

} // namespace fathom
