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
    let context: Tensor  // [T,H]
    if probabilities == nil, isFlash(x) {
      let parts = Linear.joined([query, key, value], x).split(
        [Int](repeating: config.hiddenSize, count: 3), along: 1)
      context = .flashAttention(
        parts[0], parts[1], parts[2], queryOffsets: batch.offsets, offsets: batch.offsets,
        longestQuery: longest(batch),
        longest: longest(batch), heads: config.headCount, dropout: attentionDropout(training))
    } else if probabilities == nil, isFused(x) {
      context = Linear.joined([query, key, value], x)  // [T,3H]
        .packedAttention(lengths: batch.sizes, heads: config.headCount, dropout: attentionDropout(training))
    } else {
      context = attend(
        query(x).split(batch.runSizes), key(x), value(x), batch, training: training, probabilities)
    }
    return finish(context, residual: x, training: training)
  }

  /// What attention gives at each sequence's first token alone, for a head that reads nothing else; ``finish(_:training:)``
  /// makes it the block's output. Only keys and values are computed for the other tokens.
  func first(_ x: Tensor, _ batch: PackedTokens, training: Bool) -> FirstTokens {
    let start = x.selected(batch.starts)  // [B,H]
    let context: Tensor
    if isFlash(x) {
      let parts = Linear.joined([key, value], x).split([config.hiddenSize, config.hiddenSize], along: 1)
      context = .flashAttention(
        query(start), parts[0], parts[1], queryOffsets: batch.queryOffsets, offsets: batch.offsets,
        longestQuery: 1,
        longest: longest(batch), heads: config.headCount, dropout: attentionDropout(training))
    } else if isFused(x) {
      let keysValues = Linear.joined([key, value], x)  // [T,2H]
      context = query(start).firstAttention(
        keysValues, lengths: batch.sizes, heads: config.headCount, dropout: attentionDropout(training))
    } else {
      context = attend(
        query(start).split(batch.runs.map(\.count)), key(x), value(x), batch, training: training, nil)
    }
    return FirstTokens(context: context, residual: start)
  }

  /// Both `[B,H]`
  struct FirstTokens {
    let context: Tensor
    let residual: Tensor
  }

  /// `[B,H]`; of several parts of a batch together, since a few rows alone would read all weights for little.
  func finish(_ parts: [FirstTokens], training: Bool) -> Tensor {
    finish(
      .concatenated(parts.map(\.context)), residual: .concatenated(parts.map(\.residual)), training: training)
  }

  /// What follows attention, row by row.
  private func finish(_ context: Tensor, residual x: Tensor, training: Bool) -> Tensor {
    let attended = add(
      attentionOutput.product(context), attentionOutput.bias, to: x, attentionNorm, training: training)
    return add(feedForward(attended), output.bias, to: attended, outputNorm, training: training)
  }

  /// Without the bias of the second layer: `[T,H]` → `[T,H]`
  private func feedForward(_ x: Tensor) -> Tensor {
    if isFused(x), config.activation == .gelu { return Linear.feedForward(intermediate, output, x) }
    return output.product(activate(intermediate(x)))
  }

  /// `norm(x + dropout(y + bias))`
  private func add(_ y: Tensor, _ bias: Tensor, to x: Tensor, _ norm: LayerNorm, training: Bool) -> Tensor {
    let dropout = Dropout(config.hiddenDropout)
    guard isFused(x) else { return norm(x + dropout(y + bias.to(y.dtype), training: training)) }
    return y.residualNorm(
      bias: bias, residual: x, weight: norm.weight, offset: norm.bias, epsilon: norm.epsilon,
      dropout: training ? dropout.probability : 0)
  }

  /// - Parameter queries: a part a run, `[n·M,H]` with M queries a sequence.
  private func attend(
    _ queries: [Tensor], _ keys: Tensor, _ values: Tensor, _ batch: PackedTokens, training: Bool,
    _ probabilities: ((Tensor) -> Void)?
  ) -> Tensor {
    let parts = zip(keys.split(batch.runSizes), values.split(batch.runSizes))
    let contexts = zip(zip(batch.runs, queries), parts).map { run, parts in
      func heads(_ part: Tensor) -> Tensor {  // [n,N,L,D]
        part.reshaped([run.0.count, -1, config.headCount, config.headSize]).transposed(1, 2)
      }
      let (q, k, v) = (heads(run.1), heads(parts.0), heads(parts.1))
      let context: Tensor
      if probabilities == nil, attentionDropout(training) == 0 {
        context = Tensor.attention(q, k, v)
      } else {
        let scale = 1 / Double(config.headSize).squareRoot()
        let weights = (q * scale).matmul(k.transposed(2, 3)).softmax()  // [n,N,M,L]
        probabilities?(weights)
        context = weights.dropout(config.attentionDropout, training: training).matmul(v)
      }
      return context.transposed(1, 2).reshaped([-1, config.hiddenSize])
    }
    return Tensor.concatenated(contexts)
  }

  private func attentionDropout(_ training: Bool) -> Double { training ? config.attentionDropout : 0 }

  private func isFused(_ x: Tensor) -> Bool {
    Fused.isAvailable(x.dtype, on: x.device, widths: [config.headSize, config.intermediateSize])
  }

  /// A bound that is the same for many batches, since a recorded graph holds it; the kernel leaves early where it is too high.
  private func longest(_ batch: PackedTokens) -> Int { min(config.maximumPositions, batch.tokenCount) }

  private func isFlash(_ x: Tensor) -> Bool {
    guard case .cuda = x.device else { return false }
    return x.dtype == .bfloat16 && config.headSize % 8 == 0 && config.headSize <= 256
  }

  private func activate(_ x: Tensor) -> Tensor {
    switch config.activation {
    case .gelu: x.gelu()
    case .geluTanh: x.gelu(tanhApproximation: true)
    case .relu: x.relu()
    }
  }

  var linears: [Linear] { [query, key, value, attentionOutput, intermediate, output] }

  func initialize() {
    for layer in linears {
      layer.initialize(deviation: config.initializerRange)
    }
    attentionNorm.initialize()
    outputNorm.initialize()
  }
}
