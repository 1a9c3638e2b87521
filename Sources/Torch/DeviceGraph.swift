import CTorch

/// Work that is recorded once and then started as one: for small batches on a GPU, whose kernels take less time than to
/// start them one by one. On other devices it is done anew each time.
///
/// The work reads tensors that stay where they are, whose elements are changed in between, and depends on nothing else.
public final class DeviceGraph {
  private let work: () -> Tensor
  private var graph: OpaquePointer?
  private var output: Tensor?

  /// - Parameter work: done once before it is recorded, so that what it keeps for later exists by then.
  public init(on device: Device, _ work: @escaping () -> Tensor) {
    self.work = work
    guard case .cuda(let index) = device, ct_graphs_available() else { return }
    _ = work()
    guard let graph = ct_graph_begin(Int32(index)) else { stop("DeviceGraph") }
    output = work()
    done(ct_graph_end(graph))
    self.graph = graph
  }

  deinit { if let graph { ct_graph_release(graph) } }

  /// What the work gives for the elements at hand; valid until the next call.
  public func callAsFunction() -> Tensor {
    guard let graph, let output else { return work() }
    done(ct_graph_replay(graph))
    return output
  }
}
