import CTorch

/// A tensor computed from parameters (a copy in bfloat16, several laid end to end) that inference keeps until
/// one of them changes, instead of making it again for every batch.
public final class Derived {
  private var kept: Tensor?
  /// What it was made from, with how often each had been changed in place.
  private var sources: [(tensor: Tensor, modifications: Int64)] = []

  public init() {}

  /// While gradients are recorded nothing is kept: the result then belongs to the step's graph.
  public func callAsFunction(_ parameters: [Tensor], as dtype: DType, _ make: () -> Tensor) -> Tensor {
    if recordsGradients {
      forget()
      return make()
    }
    if let kept, kept.dtype == dtype, isCurrent(parameters) { return kept }
    let result = make()
    (kept, sources) = (result, parameters.map { ($0, ct_modifications($0.handle)) })
    return result
  }

  public func forget() { (kept, sources) = (nil, []) }

  private func isCurrent(_ parameters: [Tensor]) -> Bool {
    zip(parameters, sources).allSatisfy {
      $0 === $1.tensor && ct_modifications($0.handle) == $1.modifications
    }
  }
}
