import CTorch

extension Tensor {
  public var requiresGradient: Bool {
    get { ct_requires_grad(handle) }
    set { done(ct_set_requires_grad(handle, newValue)) }
  }

  /// What backward passes have added up so far; nil before the first.
  public var gradient: Tensor? {
    var out: OpaquePointer?
    done(ct_grad(handle, &out))
    return out.map(Tensor.init)
  }

  /// All elements of a gradient that holds single rows (``Embedding/hasRowGradients``); another tensor as it
  /// is.
  public var dense: Tensor { made(ct_to_dense(handle)) }

  public func clearGradient() { done(ct_clear_grad(handle)) }

  /// The same elements, outside the autograd graph.
  public func detached() -> Tensor { made(ct_detach(handle)) }

  /// Adds the gradients of this scalar to every tensor that required one.
  public func backward() { done(ct_backward(handle)) }
}

/// Whether operations of this thread are being recorded for a backward pass.
public var recordsGradients: Bool { ct_grad_mode() }

/// Runs `body` without recording an autograd graph.
public func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
  let before = ct_grad_mode()
  ct_set_grad_mode(false)
  defer { ct_set_grad_mode(before) }
  return try body()
}
