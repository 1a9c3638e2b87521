#include "shim.hpp"

using namespace fathom;

extern "C" {

ct_tensor ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias) {
  return making([&] {
    return bias ? at::linear(take(x), take(weight), take(bias)) : at::linear(take(x), take(weight));
  });
}

ct_tensor ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, double epsilon) {
  return making([&] {
    at::Tensor w = take(weight);
    return at::layer_norm(take(x), w.sizes(), w, take(bias), epsilon);
  });
}

ct_tensor ct_embedding(ct_tensor weight, ct_tensor ids, bool sparse_gradient) {
  return making([&] { return at::embedding(take(weight), take(ids), -1, false, sparse_gradient); });
}
ct_tensor ct_dropout(ct_tensor x, double probability) {
  return making([&] { return at::dropout(take(x), probability, true); });
}
ct_tensor ct_gelu(ct_tensor x, bool tanh_approximation) {
  return making([&] { return at::gelu(take(x), tanh_approximation ? "tanh" : "none"); });
}

static int64_t reduction(ct_loss_options options) {
  return options.per_example ? at::Reduction::None : at::Reduction::Mean;
}

static std::optional<at::Tensor> weights(ct_loss_options options) {
  return options.class_weights ? std::optional(take(options.class_weights)) : std::nullopt;
}

ct_tensor ct_cross_entropy(ct_tensor logits, ct_tensor targets, int64_t ignored, ct_loss_options options) {
  return making([&] {
    return at::cross_entropy_loss(
        take(logits), take(targets), weights(options), reduction(options), ignored, options.label_smoothing);
  });
}

ct_tensor ct_binary_cross_entropy(ct_tensor logits, ct_tensor targets, ct_loss_options options) {
  return making([&] {
    const double smoothing = options.label_smoothing;
    const at::Tensor wanted = take(targets);
    return at::binary_cross_entropy_with_logits(
        take(logits), smoothing > 0 ? wanted * (1 - smoothing) + smoothing / 2 : wanted, {}, weights(options),
        reduction(options));
  });
}

ct_tensor ct_regression_loss(ct_tensor outputs, ct_tensor targets, double delta) {
  return making([&] {
    return delta > 0 ? at::huber_loss(take(outputs), take(targets), at::Reduction::Mean, delta)
                     : at::mse_loss(take(outputs), take(targets));
  });
}

ct_tensor ct_attention(ct_tensor q, ct_tensor k, ct_tensor v) {
  return making([&] { return at::scaled_dot_product_attention(take(q), take(k), take(v)); });
}

ct_tensor ct_varlen_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_sequences sequences, double dropout) {
  return making([&] {
    const at::Tensor queries = take(q);
    const auto out = at::_flash_attention_forward(
        queries, take(k), take(v), take(sequences.query_offsets), take(sequences.offsets),
        sequences.longest_query, sequences.longest, dropout, false, false);
    return std::get<0>(out).reshape({queries.size(0), queries.size(1) * queries.size(2)});
  });
}

int ct_lstm_packed(ct_lstm_inputs inputs, ct_list parameters, bool is_training, ct_tensor *out) {
  return doing([&] {
    const std::vector<at::Tensor> states{take(inputs.h0), take(inputs.c0)};
    auto [output, h, c] = at::lstm(
        take(inputs.data), take(inputs.batch_sizes), states, take(parameters), /*has_biases=*/true,
        /*num_layers=*/1, /*dropout=*/0.0, is_training, /*bidirectional=*/true);
    out[0] = give(output);
    out[1] = give(h);
    out[2] = give(c);
  });
}
}
