import Torch

/// Multi-head self-attention: `softmax(Q Kᵀ / √D) V Wᵒ` with Q, K and V linear in what comes in.
/// - Source: Vaswani et al. 2017, "Attention is all you need", 3.2; `BertAttention` in Hugging Face
///   Transformers.
public final class SelfAttention: Module {
  @Child("self.query") var query: Linear
  @Child("self.key") var key: Linear
  @Child("self.value") var value: Linear
  @Child("output.dense") var output: Linear
  let headCount: Int
  let headSize: Int
  let maximumPositions: Int
  private let dropout: Double

  init(_ config: BERTConfig) {
    headCount = config.headCount
    headSize = config.headSize
    maximumPositions = config.maximumPositions
    dropout = config.attentionDropout
    let hidden = config.hiddenSize
    query = Linear(hidden, hidden)
    key = Linear(hidden, hidden)
    value = Linear(hidden, hidden)
    output = Linear(hidden, hidden)
  }

  /// `[T,H]` → `[T,H]`
  /// - Parameter probabilities: called with each run's attention `[n,N,L,L]` when they are wanted.
  func callAsFunction(
    _ x: Tensor, _ batch: PackedTokens, training: Bool, probabilities: ((Tensor) -> Void)? = nil
  ) -> BiasedProduct {
    let context = kernel(for: x, batch, probabilities).tokens(self, x, batch, dropout: training ? dropout : 0)
    return BiasedProduct(output, context)
  }

  /// What each sequence's first token sees, before ``output``: `[T,H]` → `[B,H]`
  func firstContext(_ x: Tensor, first: Tensor, _ batch: PackedTokens, training: Bool) -> Tensor {
    kernel(for: x, batch, nil).firstTokens(self, first, x, batch, dropout: training ? dropout : 0)
  }

  private func kernel(
    for x: Tensor, _ batch: PackedTokens, _ probabilities: ((Tensor) -> Void)?
  ) -> any AttentionKernel {
    if probabilities != nil || batch.attended != nil {
      return PlainAttentionKernel(probabilities: probabilities)
    }
    if case .cuda = x.device, x.dtype == .bfloat16, headSize % 8 == 0, headSize <= 256 {
      return FlashAttentionKernel()
    }
    if Fused.isAvailable(x.dtype, on: x.device, widths: [headSize]) { return PackedAttentionKernel() }
    return PlainAttentionKernel()
  }
}
