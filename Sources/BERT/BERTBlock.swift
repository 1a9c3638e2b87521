import Torch

/// One transformer block: self-attention and a feed-forward net, each with a residual and a LayerNorm after it.
/// - Source: Vaswani et al. 2017, "Attention is all you need"; Devlin et al. 2019, "BERT"; `modeling_bert.py`.
public final class BERTBlock: Module {
  @Child("attention.self.query") var query: Linear
  @Child("attention.self.key") var key: Linear
  @Child("attention.self.value") var value: Linear
  @Child("attention.output.dense") var attentionOutput: Linear
  @Child("attention.output.LayerNorm") var attentionNorm: LayerNorm
  @Child("intermediate.dense") var intermediate: Linear
  @Child("output.dense") var output: Linear
  @Child("output.LayerNorm") var outputNorm: LayerNorm
  private let config: BERTConfig

  public init(_ config: BERTConfig) {
    self.config = config
    let hidden = config.hiddenSize
    query = Linear(hidden, hidden)
    key = Linear(hidden, hidden)
    value = Linear(hidden, hidden)
    attentionOutput = Linear(hidden, hidden)
    attentionNorm = LayerNorm(hidden, epsilon: config.layerNormEpsilon)
    intermediate = Linear(hidden, config.intermediateSize)
    output = Linear(config.intermediateSize, hidden)
    outputNorm = LayerNorm(hidden, epsilon: config.layerNormEpsilon)
  }

  /// `[T,H]` → `[T,H]`
  /// - Parameter probabilities: called with each run's attention `[n,N,L,L]` when they are wanted.
  func callAsFunction(
    _ x: Tensor, _ batch: PackedTokens, training: Bool, probabilities: ((Tensor) -> Void)? = nil
  ) -> Tensor {
    let dropout = Dropout(config.hiddenDropout)
    let context = attend(x, batch, training: training, probabilities)  // [T,H]
    let attended = attentionNorm(x + dropout(attentionOutput(context), training: training))
    let expanded = activate(intermediate(attended))  // [T,4H]
    return outputNorm(attended + dropout(output(expanded), training: training))
  }

  private func attend(
    _ x: Tensor, _ batch: PackedTokens, training: Bool, _ probabilities: ((Tensor) -> Void)?
  ) -> Tensor {
    let runs = batch.runs
    let sizes = runs.map { $0.count * $0.length }
    let parts = zip(query(x).split(sizes), zip(key(x).split(sizes), value(x).split(sizes)))
    let contexts = zip(runs, parts).map { run, parts in
      let shape = [run.count, run.length, config.headCount, config.headSize]
      func heads(_ part: Tensor) -> Tensor { part.reshaped(shape).transposed(1, 2) }  // [n,N,L,D]
      let (q, k, v) = (heads(parts.0), heads(parts.1.0), heads(parts.1.1))
      let context: Tensor
      if probabilities == nil, !training || config.attentionDropout == 0 {
        context = Tensor.attention(q, k, v)
      } else {
        let scale = 1 / Double(config.headSize).squareRoot()
        let weights = (q * scale).matmul(k.transposed(2, 3)).softmax()  // [n,N,L,L]
        probabilities?(weights)
        context = weights.dropout(config.attentionDropout, training: training).matmul(v)
      }
      return context.transposed(1, 2).reshaped([run.count * run.length, config.hiddenSize])
    }
    return Tensor.concatenated(contexts)
  }

  private func activate(_ x: Tensor) -> Tensor {
    switch config.activation {
    case .gelu: x.gelu()
    case .geluTanh: x.gelu(tanhApproximation: true)
    case .relu: x.relu()
    }
  }

  func initialize() {
    for layer in [query, key, value, attentionOutput, intermediate, output] {
      layer.initialize(deviation: config.initializerRange)
    }
    attentionNorm.initialize()
    outputNorm.initialize()
  }
}
