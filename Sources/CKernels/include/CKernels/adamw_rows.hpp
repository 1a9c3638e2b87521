// AdamW on some rows of a table, with the steps that each has missed made up for. On any processor.
#pragma once
#include <ATen/core/Tensor.h>
#include <cstdint>

namespace fathom {

// float32 zeros whose memory the system gives when they are first written to.
at::Tensor zeros_on_demand(at::IntArrayRef sizes);

// One step: what weights are multiplied by, the learning rate over the first bias correction, and the root of
// the second.
struct AdamWStep {
  float decay, rate, root;
};

// Steps `first + 1` to `first + count`.
struct AdamWHistory {
  const AdamWStep *steps;
  int64_t first, count;
  double beta1, beta2, epsilon;
};

// float32 [V,H] with both moments; seen, int32 [V]: the step that a row is at, or -1 - step while it has
// never had a gradient.
struct AdamWTable {
  at::Tensor weights, means, squares, seen;
};

// Each row goes through the steps that it has missed, whose gradients were zero, and, where there is a
// gradient (sparse, of the table's shape), through the last one with it.
// - ids: int64, of the rows; neither these nor a gradient means all rows.
void adamw_rows(
    AdamWTable table, const at::Tensor &ids, const at::Tensor &gradient, const AdamWHistory &history);

} // namespace fathom
