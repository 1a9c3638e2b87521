import Torch

/// One transformer block: self-attention and a feed-forward net, each with a residual and a LayerNorm after
/// it.
/// - Source: Vaswani et al. 2017, "Attention is all you need"; Devlin et al. 2019, "BERT";
///   `modeling_bert.py`.
public final class BERTBlock: Module {
  @Child("attention") var attention: SelfAttention
  @Child("attention.output.LayerNorm") var attentionNorm: LayerNorm
  @Child("intermediate.dense") var intermediate: Linear
  @Child("output.dense") var output: Linear
  @Child("output.LayerNorm") var outputNorm: LayerNorm
  private let activation: BERTConfig.Activation
  private let dropout: Dropout

  public init(_ config: BERTConfig) {
    activation = config.activation
    dropout = Dropout(config.hiddenDropout)
    attention = SelfAttention(config)
    attentionNorm = LayerNorm(config.hiddenSize, epsilon: config.layerNormEpsilon)
    intermediate = Linear(config.hiddenSize, config.intermediateSize)
    output = Linear(config.intermediateSize, config.hiddenSize)
    outputNorm = LayerNorm(config.hiddenSize, epsilon: config.layerNormEpsilon)
  }

  /// `[T,H]` → `[T,H]`
  /// - Parameter probabilities: called with each run's attention `[n,N,L,L]` when they are wanted.
  func callAsFunction(
    _ x: Tensor, _ batch: PackedTokens, training: Bool, probabilities: ((Tensor) -> Void)? = nil
  ) -> Tensor {
    let attended = attention(x, batch, training: training, probabilities: probabilities)
    return finish(x, plus: attended, training: training)
  }

  private func finish(_ x: Tensor, plus attended: BiasedProduct, training: Bool) -> Tensor {
    let x = attentionNorm(x, plus: attended, dropout: dropout, training: training)
    return outputNorm(x, plus: feedForward(x), dropout: dropout, training: training)
  }

  private func feedForward(_ x: Tensor) -> BiasedProduct {
    let sides = [intermediate.inputs, intermediate.outputs]
    if activation == .gelu, Fused.isAvailable(x.dtype, on: x.device, widths: sides) {
      return BiasedProduct(product: Linear.feedForward(intermediate, output, x), bias: output.bias)
    }
    return BiasedProduct(output, activation(intermediate(x)))
  }

  var linears: [Linear] {
    [attention.query, attention.key, attention.value, attention.output, intermediate, output]
  }

  func initialize(deviation: Double) {
    for layer in linears { layer.initialize(deviation: deviation) }
    attentionNorm.initialize()
    outputNorm.initialize()
  }
}

extension BERTBlock {
  /// The block half done, at each sequence's first token alone: for a head that reads nothing else.
  struct FirstTokens {
    /// What attention gives, `[B,H]`; nil when there is no block
    let context: Tensor?
    /// `[B,H]`
    let residual: Tensor
  }

  /// `[T,H]` → `[B,H]`: of the other tokens only keys and values are computed.
  func firstTokens(_ x: Tensor, _ batch: PackedTokens, training: Bool) -> FirstTokens {
    let first = x.selected(batch.starts)
    return FirstTokens(
      context: attention.firstContext(x, first: first, batch, training: training), residual: first)
  }

  /// The block's output `[B,H]` of several parts of a batch together, since a product with few rows costs as
  /// much as one with many.
  func finish(_ parts: [FirstTokens], training: Bool) -> Tensor {
    let context = Tensor.concatenated(parts.compactMap(\.context))
    return finish(
      .concatenated(parts.map(\.residual)), plus: BiasedProduct(attention.output, context),
      training: training)
  }
}
