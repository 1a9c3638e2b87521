#include "shim.hpp"

#include <CKernels/bilstm.hpp>
#include <CKernels/embedding.hpp>
#include <CKernels/feed_forward.hpp>
#include <CKernels/first_attention.hpp>
#include <CKernels/linear.hpp>
#include <CKernels/packed_attention.hpp>
#include <CKernels/packed_linear.hpp>
#include <CKernels/processor.hpp>
#include <CKernels/residual_norm.hpp>

using namespace fathom;

namespace {
ProductLimits limits_of(const ct_product_limits &l) { return {l.pack_from, l.round_from, l.few_rows}; }
} // namespace

extern "C" {

bool ct_has_kernels(int dtype) { return has_kernels(static_cast<c10::ScalarType>(dtype)); }
bool ct_has_matrix_tiles(void) { return has_matrix_tiles(); }

ct_tensor ct_fast_linear(ct_tensor x, ct_list weights, ct_list biases, ct_product_limits limits) {
  return making([&] { return fast_linear(take(x), take(weights), take(biases), limits_of(limits)); });
}

ct_tensor ct_pack(ct_tensor weight, int dtype) {
  return making([&] { return pack(take(weight), static_cast<c10::ScalarType>(dtype)); });
}

ct_tensor
ct_packed_linear(ct_tensor x, ct_list panels, const int64_t *outputs, ct_list biases, bool has_gelu) {
  return making([&] {
    return packed_linear(take(x), take(panels), {outputs, outputs + panels.count}, take(biases), has_gelu);
  });
}

ct_tensor
ct_feed_forward(ct_tensor x, ct_tensor inner, ct_tensor bias, ct_tensor outer, ct_product_limits limits) {
  return making(
      [&] { return feed_forward(take(x), take(inner), take(bias), take(outer), limits_of(limits)); });
}

ct_tensor ct_packed_attention(ct_tensor qkv, ct_tensor lengths, int64_t heads, double dropout) {
  return making([&] { return packed_attention(take(qkv), take(lengths), heads, dropout); });
}

ct_tensor
ct_first_attention(ct_tensor query, ct_tensor keys_values, ct_tensor lengths, int64_t heads, double dropout) {
  return making(
      [&] { return first_attention(take(query), take(keys_values), take(lengths), heads, dropout); });
}

ct_tensor ct_bilstm(ct_tensor x, ct_tensor batch_sizes, ct_list weights, ct_product_limits limits) {
  return making([&] { return bilstm(take(x), take(batch_sizes), take(weights), limits_of(limits)); });
}

ct_tensor ct_embed(ct_embed_inputs in, ct_embed_settings settings) {
  return making([&] {
    const EmbeddingInputs inputs{take(in.words),  take(in.positions), take(in.types),       take(in.gain),
                                 take(in.offset), take(in.ids),       take(in.position_ids)};
    const auto type = static_cast<c10::ScalarType>(settings.dtype);
    return embed(inputs, {settings.epsilon, settings.dropout, type, settings.row_gradients});
  });
}

ct_tensor ct_residual_norm(
    ct_tensor x, ct_tensor bias, ct_tensor residual, ct_tensor gain, ct_tensor offset, double epsilon,
    double dropout) {
  return making([&] {
    return residual_norm(take(x), take(bias), take(residual), take(gain), take(offset), epsilon, dropout);
  });
}
}
