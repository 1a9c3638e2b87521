import CTorch

/// An n-dimensional array in libtorch's memory, and a node of the autograd graph.
///
/// Shapes use these letters everywhere: B batch, T packed tokens, P padded length, H hidden size, N heads,
/// K blocks used, C classes. A mistake in shapes or types stops the program with libtorch's message.
///
/// Sendable by convention: the handle never changes and its count of references is atomic. libtorch lets
/// threads read one tensor at once; whoever changes elements in place must be alone with the tensor.
public final class Tensor: @unchecked Sendable {
  let handle: OpaquePointer

  /// Takes over one reference that the shim handed out.
  init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { ct_release(handle) }

  public var rank: Int { Int(ct_rank(handle)) }
  public var shape: [Int] { (0..<ct_rank(handle)).map { Int(ct_size(handle, $0)) } }
  public var count: Int { Int(ct_count(handle)) }
  public var dtype: DType { DType(rawValue: ct_dtype(handle)) ?? .uint8 }
  public var sizeBytes: Int { count * dtype.sizeBytes }

  public var device: Device {
    var index: Int32 = 0
    let type = ct_device(handle, &index)
    return Device(type: type, index: index)
  }

  /// The value of a tensor with one element.
  public var item: Double {
    var value = 0.0
    done(ct_item(handle, &value))
    return value
  }

  /// A copy of the elements, row by row; converts to `Element` first where the types differ.
  public func array<Element: TensorElement>(_: Element.Type = Element.self) -> [Element] {
    let flat = to(.cpu).to(Element.dtype).contiguous()
    let start = ct_data(flat.handle)
    return withExtendedLifetime(flat) {
      [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        if count > 0 {
          UnsafeMutableRawPointer(buffer.baseAddress!).copyMemory(from: start!, byteCount: flat.sizeBytes)
        }
        initialized = count
      }
    }
  }

  /// Calls `body` with the raw bytes of the contiguous tensor on the CPU.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let flat = detached().to(.cpu).contiguous()
    return try withExtendedLifetime(flat) {
      try body(UnsafeRawBufferPointer(start: ct_data(flat.handle), count: flat.sizeBytes))
    }
  }
}

// MARK: - Making tensors

extension Tensor {
  public convenience init<Element: TensorElement>(_ elements: [Element], shape: [Int]? = nil) {
    let shape = shape ?? [elements.count]
    precondition(
      shape.reduce(1, *) == elements.count, "\(elements.count) elements do not fill shape \(shape)")
    let handle = elements.withUnsafeBytes { bytes in
      shape.int64s { ct_from_data(bytes.baseAddress, Element.dtype.rawValue, $0, $1) }
    }
    guard let handle else { stop("Tensor") }
    self.init(handle)
  }

  public static func full(_ value: Double, _ shape: [Int], dtype: DType = .float32, device: Device = .cpu)
    -> Tensor
  {
    let code = device.code
    return made(shape.int64s { ct_full($0, $1, value, dtype.rawValue, code.type, code.index) })
  }

  public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
    full(0, shape, dtype: dtype, device: device)
  }

  /// Elements are whatever was in memory: for tensors about to be loaded or drawn.
  public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor {
    let code = device.code
    return made(shape.int64s { ct_empty($0, $1, dtype.rawValue, code.type, code.index) })
  }

  public static func normal(_ shape: [Int], mean: Double = 0, deviation: Double = 1) -> Tensor {
    let tensor = empty(shape)
    tensor.fillNormal(mean: mean, deviation: deviation)
    return tensor
  }

  /// A view of memory that someone else owns and keeps until `body` returns.
  /// - Parameter strides: in elements; nil for row by row.
  /// - Precondition: the memory covers the shape.
  public static func borrowing<R>(
    _ memory: UnsafeRawPointer, dtype: DType, shape: [Int], strides: [Int]? = nil,
    _ body: (Tensor) throws -> R
  ) rethrows -> R {
    let view = made(
      shape.int64s { sizes, rank in
        let memory = UnsafeMutableRawPointer(mutating: memory)
        guard let strides else { return ct_borrow(memory, dtype.rawValue, sizes, nil, rank) }
        return strides.int64s { steps, _ in ct_borrow(memory, dtype.rawValue, sizes, steps, rank) }
      })
    return try withExtendedLifetime(view) { try body(view) }
  }

  public func clone() -> Tensor { made(ct_clone(handle)) }
  public func contiguous() -> Tensor { made(ct_contiguous(handle)) }

  /// This tensor when it has that type already, else a converted copy.
  public func to(_ type: DType) -> Tensor { dtype == type ? self : made(ct_to_dtype(handle, type.rawValue)) }

  /// This tensor when it is there already, else a copy on that device.
  public func to(_ target: Device) -> Tensor {
    device == target ? self : made(ct_to_device(handle, target.code.type, target.code.index))
  }
}

// MARK: - Changing tensors in place, outside the autograd graph

extension Tensor {
  /// Copies the elements of `source` (same shape, any type or device) into this tensor.
  public func copy(from source: Tensor) {
    precondition(shape == source.shape, "cannot copy shape \(source.shape) into \(shape)")
    done(ct_copy_(handle, source.handle))
  }

  public func fill(_ value: Double) { done(ct_fill_(handle, value)) }
  public func fillNormal(mean: Double = 0, deviation: Double) { done(ct_normal_(handle, mean, deviation)) }
  public func fillUniform(_ low: Double, _ high: Double) { done(ct_uniform_(handle, low, high)) }
}

extension [Int] {
  /// The numbers as the C shim wants them: a pointer and a count.
  func int64s<R>(_ body: (UnsafePointer<Int64>?, Int32) -> R) -> R {
    map(Int64.init).withUnsafeBufferPointer { body($0.baseAddress, Int32($0.count)) }
  }
}

/// Calls `body` with each list of tensors as the C shim wants it; all are kept alive for the time of the
/// call.
func withHandles<R>(_ lists: [[Tensor]], _ body: ([ct_list]) -> R) -> R {
  let handles: [OpaquePointer?] = lists.joined().map(\.handle)
  return withExtendedLifetime(lists) {
    handles.withUnsafeBufferPointer { all in
      var start = all.baseAddress
      let parts = lists.map { list in
        defer { start = start?.advanced(by: list.count) }
        return ct_list(tensors: start, count: Int32(list.count))
      }
      return body(parts)
    }
  }
}
