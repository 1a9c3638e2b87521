#include "../shim.hpp"
#include <torch/csrc/autograd/custom_function.h>
#include <cstring>
#include <numeric>
#include "fused.hpp"
#include "parallel.hpp"
#include "tiles.hpp"

using namespace fathom;

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), apply_to = function)
namespace {

inline __m512 sigmoid(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.f);
  const __m512 bounded = _mm512_min_ps(_mm512_mul_ps(x, _mm512_set1_ps(-1.44269504f)), _mm512_set1_ps(126.f));
  return _mm512_div_ps(one, _mm512_add_ps(one, fathom::exp2(bounded)));
}

inline __m512 tanh(__m512 x) {
  return _mm512_fmsub_ps(_mm512_set1_ps(2.f), sigmoid(_mm512_add_ps(x, x)), _mm512_set1_ps(1.f));
}

// One direction of an LSTM over a packed batch: the rows of a time step are the sequences that reach it, longest first.
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

  // - gates: [T,4H], x W_ihᵀ + biases; becomes the activated gates. - turned: W_hhᵀ, [H,4H].
  // - cells, before: [T,H], the cell after and the state before each step. - state: [B,H], zeros, becomes the last one.
  void forward(
      float *gates, const float *turned, float *cells, float *before, float *state, int64_t first, int64_t limit) const {
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
          count, 4 * hidden, hidden, (const uint32_t *)h, hidden, (const uint32_t *)turned, 4 * hidden, g, 4 * hidden, true);
      for (int r = 0; r < count; r++, g += 4 * hidden)
        for (int64_t i = 0; i < hidden; i += kLanes) {
          const __m512 in = sigmoid(load(g + i)), forget = sigmoid(load(g + hidden + i));
          const __m512 made = tanh(load(g + 2 * hidden + i)), out = sigmoid(load(g + 3 * hidden + i));
          const __m512 c = _mm512_fmadd_ps(forget, load(cell + r * hidden + i), _mm512_mul_ps(in, made));
          store(g + i, in);
          store(g + hidden + i, forget);
          store(g + 2 * hidden + i, made);
          store(g + 3 * hidden + i, out);
          store(cell + r * hidden + i, c);
          store(cells + (row + r) * hidden + i, c);
          store(h + r * hidden + i, _mm512_mul_ps(out, tanh(c)));
        }
    }
  }

  // - slope: [B,H], the gradient of the last state; is used up. - grad_gates: [T,4H], of the gates before activation.
  void backward(
      const float *gates, const float *weight, const float *cells, float *slope, float *grad_gates, int64_t first,
      int64_t limit) const {
    float *grad_cell = scratch(limit * hidden);
    std::memset(grad_cell, 0, limit * hidden * sizeof(float));
    float *dh = slope + first * hidden;
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
          const __m512 in = load(g + i), forget = load(g + hidden + i), made = load(g + 2 * hidden + i);
          const __m512 out = load(g + 3 * hidden + i), c = tanh(load(cells + (row + r) * hidden + i));
          const __m512 dout = load(dh + r * hidden + i);
          const __m512 through = _mm512_mul_ps(_mm512_mul_ps(dout, out), _mm512_fnmadd_ps(c, c, one));
          const __m512 dc = _mm512_add_ps(load(grad_cell + r * hidden + i), through);
          const __m512 c_before = r < earlier ? load(cell_before + r * hidden + i) : _mm512_setzero_ps();
          store(d + i, _mm512_mul_ps(_mm512_mul_ps(dc, made), _mm512_mul_ps(in, _mm512_sub_ps(one, in))));
          store(
              d + hidden + i,
              _mm512_mul_ps(_mm512_mul_ps(dc, c_before), _mm512_mul_ps(forget, _mm512_sub_ps(one, forget))));
          store(d + 2 * hidden + i, _mm512_mul_ps(_mm512_mul_ps(dc, in), _mm512_fnmadd_ps(made, made, one)));
          store(
              d + 3 * hidden + i, _mm512_mul_ps(_mm512_mul_ps(dout, c), _mm512_mul_ps(out, _mm512_sub_ps(one, out))));
          store(grad_cell + r * hidden + i, _mm512_mul_ps(dc, forget));
        }
      product<Float32>(
          count, hidden, 4 * hidden, (const uint32_t *)(grad_gates + row * 4 * hidden), 4 * hidden,
          (const uint32_t *)weight, hidden, dh, hidden);
    }
  }
};

} // namespace
#pragma clang attribute pop

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

float *floats(const at::Tensor &t) { return static_cast<float *>(t.data_ptr()); }

struct LSTM : torch::autograd::Function<LSTM> {
  // weights: W_ih, W_hh, b_ih, b_hh forward, then reverse
  static at::Tensor forward(
      torch::autograd::AutogradContext *context, at::Tensor x, at::Tensor batch_sizes, at::Tensor wi, at::Tensor wh,
      at::Tensor bi, at::Tensor bh, at::Tensor rwi, at::Tensor rwh, at::Tensor rbi, at::Tensor rbh) {
    x = x.contiguous();
    const int64_t hidden = wh.size(1);
    const Layout layout(batch_sizes, hidden);
    at::Tensor gates[2] = {linear_product(x, {wi}, {bi + bh}), linear_product(x, {rwi}, {rbi + rbh})};
    at::Tensor turned[2] = {wh.t().contiguous(), rwh.t().contiguous()};
    at::Tensor cells = at::empty({2, x.size(0), hidden}, x.options()), before = at::empty_like(cells);
    at::Tensor state = at::zeros({2, layout.batch, hidden}, x.options());
    layout.run([&](int64_t d, const Direction &direction, int64_t first, int64_t limit) {
      const int64_t part = d * x.size(0) * hidden;
      direction.forward(
          floats(gates[d]), floats(turned[d]), floats(cells) + part, floats(before) + part,
          floats(state) + d * layout.batch * hidden, first, limit);
    });
    context->save_for_backward({x, batch_sizes, wi, wh, rwi, rwh, gates[0], gates[1], cells, before});
    return state.transpose(0, 1).reshape({layout.batch, 2 * hidden});
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext *context, torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &cells = saved[8], &before = saved[9];
    const at::Tensor input[2] = {saved[2], saved[4]}, weight[2] = {saved[3].contiguous(), saved[5].contiguous()};
    const int64_t hidden = weight[0].size(1), tokens = x.size(0);
    const Layout layout(saved[1], hidden);
    at::Tensor slope = grads[0].reshape({layout.batch, 2, hidden}).transpose(0, 1).clone(at::MemoryFormat::Contiguous);
    at::Tensor grad_gates = at::empty({2, tokens, 4 * hidden}, x.options());
    layout.run([&](int64_t d, const Direction &direction, int64_t first, int64_t limit) {
      direction.backward(
          floats(saved[6 + d]), floats(weight[d]), floats(cells) + d * tokens * hidden,
          floats(slope) + d * layout.batch * hidden, floats(grad_gates) + d * tokens * 4 * hidden, first, limit);
    });
    at::Tensor grad_x;
    torch::autograd::variable_list result(10);
    for (int d = 0; d < 2; d++) {
      const at::Tensor grad = grad_gates[d];
      if (context->needs_input_grad(0)) {
        const at::Tensor part = input_gradient(grad, {input[d]});
        grad_x = d == 0 ? part : grad_x.add_(part);
      }
      result[2 + 4 * d] = weight_gradient(grad, 0, 4 * hidden, x);
      result[3 + 4 * d] = weight_gradient(grad, 0, 4 * hidden, before[d]);
      result[4 + 4 * d] = result[5 + 4 * d] = grad.sum(0);
    }
    result[0] = grad_x;
    return result;
  }
};

} // namespace
#endif

extern "C" ct_tensor ct_bilstm(ct_tensor x, ct_tensor batch_sizes, const ct_tensor *parameters) {
  return making([&]() -> at::Tensor {
#if defined(__x86_64__)
    const auto p = take(parameters, 8);
    return LSTM::apply(take(x), take(batch_sizes), p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
#else
    TORCH_CHECK(false, "no fused LSTM for this processor");
#endif
  });
}
