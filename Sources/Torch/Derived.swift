import CTorch

/// A tensor computed from parameters (a copy in bfloat16, several laid end to end) that inference keeps until one of
/// them changes, instead of making it again for every batch.
public final class Derived {
  private var kept: Tensor?
  private var key: [Int64] = []

  public init() {}

  /// While gradients are recorded nothing is kept: the result then belongs to the step's graph.
  public func callAsFunction(_ parameters: [Tensor], as dtype: DType, _ make: () -> Tensor) -> Tensor {
    if ct_grad_mode() {
      kept = nil
      return make()
    }
    let current = parameters.flatMap { [Int64(Int(bitPattern: $0.handle)), ct_modifications($0.handle)] } + [Int64(dtype.rawValue)]
    if let kept, key == current { return kept }
    let result = make()
    (kept, key) = (result, current)
    return result
  }
}
