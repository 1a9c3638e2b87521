/// `y = x Wᵀ + b`
public final class Linear: Module {
  @Parameter("weight") public var weight: Tensor
  @Parameter("bias") public var bias: Tensor
  private let cast = Derived()

  /// Elements are undefined until a checkpoint or an `initialize` call fills them.
  public init(_ inputs: Int, _ outputs: Int) {
    weight = .empty([outputs, inputs])
    bias = .empty([outputs])
  }

  /// `[…,in]` → `[…,out]`, in the type of `x`.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.linear(weight(as: x.dtype), bias.to(x.dtype)) }

  public func weight(as dtype: DType) -> Tensor {
    weight.dtype == dtype ? weight : cast([weight], as: dtype) { weight.to(dtype) }
  }

  /// Weights from N(0, deviation²), bias zero: what BERT starts from.
  public func initialize(deviation: Double) {
    weight.fillNormal(deviation: deviation)
    bias.fill(0)
  }
}

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

  public init(_ count: Int, _ size: Int) {
    weight = .empty([count, size])
  }

  /// ids (int64, any shape) → `[…,H]`
  public func callAsFunction(_ ids: Tensor) -> Tensor { weight.rows(ids) }

  public func initialize(deviation: Double) { weight.fillNormal(deviation: deviation) }
}

public struct Dropout: Sendable {
  public let probability: Double

  public init(_ probability: Double) { self.probability = probability }

  public func callAsFunction(_ x: Tensor, training: Bool) -> Tensor { x.dropout(probability, training: training) }
}
