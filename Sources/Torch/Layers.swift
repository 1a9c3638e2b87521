public final class LayerNorm: Module {
  @Parameter("weight") public var weight: Tensor
  @Parameter("bias") public var bias: Tensor
  public let epsilon: Double

  public init(_ size: Int, epsilon: Double) {
    self.epsilon = epsilon
    weight = .empty([size])
    bias = .empty([size])
  }

  /// `[…,H]` → `[…,H]`; the weights stay float32 whatever the type of `x`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.layerNorm(weight, bias, epsilon: epsilon) }

  public func initialize() {
    weight.fill(1)
    bias.fill(0)
  }
}

public final class Embedding: Module {
  @Parameter("weight") public var weight: Tensor
  /// For an optimiser that keeps this table's rows apart, ``AdamW/init(_:tables:betas:epsilon:)``.
  public var hasRowGradients = false

  public init(_ count: Int, _ size: Int) {
    weight = .empty([count, size])
  }

  /// ids (int64, any shape) → `[…,H]`
  public func callAsFunction(_ ids: Tensor) -> Tensor { weight.rows(ids, hasRowGradients: hasRowGradients) }

  public func initialize(deviation: Double) { weight.fillNormal(deviation: deviation) }
}

public struct Dropout: Sendable {
  public let probability: Double

  public init(_ probability: Double) { self.probability = probability }

  public func callAsFunction(_ x: Tensor, training: Bool) -> Tensor {
    x.dropout(probability, training: training)
  }
}
