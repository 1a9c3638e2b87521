import CTorch

// MARK: - Shape

extension Tensor {
  /// At most one size may be -1: it is worked out from the others.
  public func reshaped(_ shape: [Int]) -> Tensor { made(shape.int64s { ct_reshape(handle, $0, $1) }) }
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    made(ct_transpose(handle, Int64(first), Int64(second)))
  }

  public func narrowed(_ dimension: Int, from start: Int, count: Int) -> Tensor {
    made(ct_narrow(handle, Int64(dimension), Int64(start), Int64(count)))
  }

  /// The slices that `index` (int64, `[M]`) names along a dimension.
  public func selected(_ index: Tensor, along dimension: Int = 0) -> Tensor {
    made(ct_index_select(handle, Int64(dimension), index.handle))
  }

  /// A copy in which the slices that `index` names are those of `source`.
  public func replacing(_ index: Tensor, with source: Tensor, along dimension: Int = 0) -> Tensor {
    made(ct_index_copy(handle, Int64(dimension), index.handle, source.handle))
  }

  public static func concatenated(_ tensors: [Tensor], along dimension: Int = 0) -> Tensor {
    tensors.count == 1
      ? tensors[0] : made(withHandles([tensors]) { ct_cat($0[0], Int64(dimension)) })
  }

  /// Consecutive pieces of the given sizes; their backward pass is one concatenation.
  public func split(_ sizes: [Int], along dimension: Int = 0) -> [Tensor] {
    if sizes.count == 1 { return [self] }
    var out = [OpaquePointer?](repeating: nil, count: sizes.count)
    done(sizes.int64s { ct_split(handle, $0, $1, Int64(dimension), &out) })
    return out.map { Tensor($0!) }
  }
}

// MARK: - Arithmetic

extension Tensor {
  public static func + (a: Tensor, b: Tensor) -> Tensor { made(ct_add(a.handle, b.handle)) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { made(ct_sub(a.handle, b.handle)) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { made(ct_mul(a.handle, b.handle)) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { made(ct_div(a.handle, b.handle)) }
  public static func + (a: Tensor, b: Double) -> Tensor { made(ct_add_scalar(a.handle, b)) }
  public static func * (a: Tensor, b: Double) -> Tensor { made(ct_mul_scalar(a.handle, b)) }

  /// Elements equal, as booleans.
  public func equals(_ other: Tensor) -> Tensor { made(ct_eq(handle, other.handle)) }

  public func exp() -> Tensor { made(ct_exp(handle)) }
  public func log() -> Tensor { made(ct_log(handle)) }
  public func squareRoot() -> Tensor { made(ct_sqrt(handle)) }
  public func abs() -> Tensor { made(ct_abs(handle)) }
  public func tanh() -> Tensor { made(ct_tanh(handle)) }
  public func relu() -> Tensor { made(ct_relu(handle)) }
  public func sigmoid() -> Tensor { made(ct_sigmoid(handle)) }
  public func power(_ exponent: Double) -> Tensor { made(ct_pow_scalar(handle, exponent)) }

  public func sum() -> Tensor { made(ct_sum(handle)) }
  public func sum(along dimension: Int) -> Tensor { made(ct_sum_along(handle, Int64(dimension))) }
  public func mean() -> Tensor { made(ct_mean(handle)) }
  public func max() -> Tensor { made(ct_max(handle)) }
  /// The largest along a dimension; of equal ones each takes its share of the gradient.
  public func max(along dimension: Int) -> Tensor { made(ct_max_along(handle, Int64(dimension))) }
}

// MARK: - Neural functions

extension Tensor {
  /// `[…,M,K] × […,K,N] → […,M,N]`
  public func matmul(_ other: Tensor) -> Tensor {
    OperationCounter.add(2 * Double(count) * Double(other.shape.last ?? 1))
    return made(ct_matmul(handle, other.handle))
  }
  public func softmax(along dimension: Int = -1) -> Tensor { made(ct_softmax(handle, Int64(dimension))) }

  /// `x Wᵀ + b`: `[…,in]` with weight `[out,in]` and bias `[out]` → `[…,out]`.
  public func linear(_ weight: Tensor, _ bias: Tensor?) -> Tensor {
    linear([weight], bias.map { [$0] } ?? [])
  }

  /// The same for several weights whose outputs stand side by side. They may be float32 where this tensor is
  /// not.
  /// - Parameter biases: one per weight, or none at all.
  func linear(_ weights: [Tensor], _ biases: [Tensor]) -> Tensor {
    OperationCounter.add(weights.reduce(0) { $0 + 2 * Double(count) * Double($1.shape[0]) })
    if Fused.isEnabled {
      let limits = ProductPolicy.limits(dtype)
      return made(withHandles([weights, biases]) { ct_fast_linear(handle, $0[0], $0[1], limits) })
    }
    let weight = Tensor.concatenated(weights).to(dtype)
    let bias = biases.isEmpty ? nil : Tensor.concatenated(biases).to(dtype)
    return made(ct_linear(handle, weight.handle, bias?.handle))
  }

  /// Normalises the last dimension.
  /// - Source: Ba, Kiros and Hinton 2016, "Layer Normalization".
  public func layerNorm(_ weight: Tensor, _ bias: Tensor, epsilon: Double) -> Tensor {
    made(ct_layer_norm(handle, weight.handle, bias.handle, epsilon))
  }

  /// Rows of this table `[V,H]` for ids (int64, any shape) → `[…,H]`.
  /// - Parameter hasRowGradients: whether this table's gradient holds the rows that were read, instead of
  ///   all.
  public func rows(_ ids: Tensor, hasRowGradients: Bool = false) -> Tensor {
    made(ct_embedding(handle, ids.handle, hasRowGradients))
  }

  /// Zeroes each element with the given probability and scales the rest, in training only.
  public func dropout(_ probability: Double, training: Bool) -> Tensor {
    training && probability > 0 ? made(ct_dropout(handle, probability)) : self
  }

  /// - Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units".
  public func gelu(tanhApproximation: Bool = false) -> Tensor { made(ct_gelu(handle, tanhApproximation)) }

  /// Cross-entropy of logits `[B,C]` against class indices (int64, `[B]`); targets of `ignored` do not count.
  /// - Parameters:
  ///   - classWeights: `[C]`, what an example of each class counts; the mean is taken over the weights.
  ///   - labelSmoothing: the share of each target that is spread over all classes.
  ///   - perExample: `[B]` in place of the mean.
  public func crossEntropy(
    _ targets: Tensor, ignored: Int = -100, classWeights: Tensor? = nil, labelSmoothing: Double = 0,
    perExample: Bool = false
  ) -> Tensor {
    let options = ct_loss_options(
      class_weights: classWeights?.handle, label_smoothing: labelSmoothing, per_example: perExample)
    return made(ct_cross_entropy(handle, targets.handle, Int64(ignored), options))
  }

  /// Binary cross-entropy of logits `[B,C]` against targets of 0 or 1 (`[B,C]`), the mean of all elements.
  /// - Parameters:
  ///   - positiveWeights: `[C]`, what a target of 1 counts.
  ///   - labelSmoothing: targets are drawn towards a half by this share.
  ///   - perElement: `[B,C]` in place of the mean.
  public func binaryCrossEntropy(
    _ targets: Tensor, positiveWeights: Tensor? = nil, labelSmoothing: Double = 0, perElement: Bool = false
  ) -> Tensor {
    let options = ct_loss_options(
      class_weights: positiveWeights?.handle, label_smoothing: labelSmoothing, per_example: perElement)
    return made(ct_binary_cross_entropy(handle, targets.handle, options))
  }

  /// The mean squared difference from targets of the same shape; with a `delta`, Huber's function of it.
  /// - Source: Huber 1964, "Robust Estimation of a Location Parameter".
  public func regressionLoss(_ targets: Tensor, huberDelta delta: Double? = nil) -> Tensor {
    made(ct_regression_loss(handle, targets.handle, delta ?? 0))
  }

  /// `softmax(q kᵀ / √D) v` on `[…,N,P,D]`, without keeping the probabilities.
  public static func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor) -> Tensor {
    OperationCounter.add(4 * Double(q.count) * Double(k.shape[k.rank - 2]))
    return made(ct_attention(q.handle, k.handle, v.handle))
  }
}
