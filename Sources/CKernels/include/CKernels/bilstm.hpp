// A bidirectional LSTM of one layer over a packed batch.
#pragma once
#include <CKernels/linear.hpp>

namespace fathom {

// x [T,I], packed by time step, batch_sizes int64 [steps] → the last states [B,2H], longest sequence first.
// - weights: W_ih, W_hh, b_ih, b_hh forward, then reverse, as torch.nn.LSTM orders them; float32.
at::Tensor bilstm(
    const at::Tensor &x, const at::Tensor &batch_sizes, const std::vector<at::Tensor> &weights,
    const ProductLimits &limits);

} // namespace fathom
