import CTorch

/// `y = x Wᵀ + b`
public final class Linear: Module {
  @Parameter("weight") public var weight: Tensor
  @Parameter("bias") public var bias: Tensor
  public let inputs: Int
  public let outputs: Int
  private let derived = Derived()
  /// What is left of the weight after ``keepWeight(as:)``, packed
  private var packedAlone: Tensor?

  /// Elements are undefined until a checkpoint or an `initialize` call fills them.
  public init(_ inputs: Int, _ outputs: Int) {
    (self.inputs, self.outputs) = (inputs, outputs)
    weight = .empty([outputs, inputs])
    bias = .empty([outputs])
  }

  /// `[…,in]` → `[…,out]`, in the type of `x`.
  public func callAsFunction(_ x: Tensor) -> Tensor { Linear.joined([self], x) }

  /// Without the bias.
  public func product(_ x: Tensor) -> Tensor { Linear.joined([self], x, hasBias: false) }

  /// Layers with the same input, their outputs side by side: `[T,in]` → `[T,Σout]`.
  public static func joined(_ layers: [Linear], _ x: Tensor, hasBias: Bool = true) -> Tensor {
    let biases = hasBias ? layers.map(\.bias) : []
    if layers.allSatisfy({ $0.packs(x) }) { return packedProduct(layers, x, biases) }
    if recordsGradients {
      for layer in layers { layer.derived.forget() }  // training changes the weights and needs the memory
      return x.linear(layers.map(\.weight), biases)
    }
    return x.linear(layers.map { $0.cast(to: x.dtype) }, biases.map { $0.to(x.dtype) })
  }

  /// `outer · gelu(inner(x))` without the bias of `outer`: `[T,H]` → `[T,H]`, by the fused operations.
  /// - Precondition: ``Fused/isAvailable(_:on:widths:)`` for all sides.
  public static func feedForward(_ inner: Linear, _ outer: Linear, _ x: Tensor) -> Tensor {
    if recordsGradients {
      for layer in [inner, outer] { layer.derived.forget() }
      return x.feedForward(inner: inner.weight, bias: inner.bias, outer: outer.weight)
    }
    return outer.product(
      inner.packs(x) ? packedProduct([inner], x, [inner.bias], gelu: true) : inner(x).gelu())
  }

  private static func packedProduct(_ layers: [Linear], _ x: Tensor, _ biases: [Tensor], gelu: Bool = false)
    -> Tensor
  {
    OperationCounter.add(layers.reduce(0) { $0 + 2 * Double(x.count) * Double($1.outputs) })
    let panels = layers.map { $0.panels(x.dtype) }
    let outputs = layers.map(\.outputs)
    return made(
      withHandles([panels, biases]) { lists in
        outputs.int64s { sizes, _ in ct_packed_linear(x.handle, lists[0], sizes, lists[1], gelu) }
      })
  }

  /// Whether this product goes to a packed copy of the weight, which is kept until the weight changes.
  func packs(_ x: Tensor) -> Bool {
    !recordsGradients && x.rank == 2 && ProductPolicy.packs(x.dtype, on: x.device, sides: [inputs, outputs])
  }

  private func panels(_ dtype: DType) -> Tensor {
    if let packedAlone, packedAlone.dtype == dtype { return packedAlone }
    return derived([plainWeight], as: dtype) { made(ct_pack(weight.handle, dtype.rawValue)) }
  }

  private func cast(to dtype: DType) -> Tensor {
    plainWeight.dtype == dtype ? weight : derived([weight], as: dtype) { weight.to(dtype) }
  }

  private var plainWeight: Tensor {
    precondition(packedAlone == nil, "the weight was kept for inference in another type")
    return weight
  }

  /// Keeps the weight in this type alone, as inference in it multiplies; where products are packed, `weight`
  /// is empty from then on.
  public func keepWeight(as dtype: DType) {
    if packedAlone?.dtype == dtype { return }
    if ProductPolicy.packs(dtype, on: plainWeight.device, sides: [inputs, outputs]) {
      let packed = made(ct_pack(weight.handle, dtype.rawValue))
      if packed.dtype == weight.dtype, packed.count == weight.count {
        // In the weight's own memory, which the C allocator could not give to the next one if it were freed.
        let memory = weight.detached()
        memory.copy(from: packed.reshaped(memory.shape))
        packedAlone = memory.reshaped(packed.shape)
      } else {
        packedAlone = packed
      }
      weight = .empty([0, inputs])
    } else {
      weight = weight.detached().to(dtype)
    }
  }

  /// Weights from N(0, deviation²), bias zero: what BERT starts from.
  public func initialize(deviation: Double) {
    weight.fillNormal(deviation: deviation)
    bias.fill(0)
  }
}
