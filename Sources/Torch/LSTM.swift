import CTorch

/// A bidirectional LSTM of one layer over packed sequences; names are those of `torch.nn.LSTM`.
/// - Source: Hochreiter and Schmidhuber 1997, "Long short-term memory"; gates in the order i, f, g, o.
public final class BiLSTM: Module {
  @Parameter("weight_ih_l0") var inputWeight: Tensor
  @Parameter("weight_hh_l0") var hiddenWeight: Tensor
  @Parameter("bias_ih_l0") var inputBias: Tensor
  @Parameter("bias_hh_l0") var hiddenBias: Tensor
  @Parameter("weight_ih_l0_reverse") var reverseInputWeight: Tensor
  @Parameter("weight_hh_l0_reverse") var reverseHiddenWeight: Tensor
  @Parameter("bias_ih_l0_reverse") var reverseInputBias: Tensor
  @Parameter("bias_hh_l0_reverse") var reverseHiddenBias: Tensor
  public let hiddenSize: Int

  public init(_ inputs: Int, hiddenSize: Int) {
    self.hiddenSize = hiddenSize
    let gates = 4 * hiddenSize
    inputWeight = .empty([gates, inputs])
    hiddenWeight = .empty([gates, hiddenSize])
    inputBias = .empty([gates])
    hiddenBias = .empty([gates])
    reverseInputWeight = .empty([gates, inputs])
    reverseHiddenWeight = .empty([gates, hiddenSize])
    reverseInputBias = .empty([gates])
    reverseHiddenBias = .empty([gates])
  }

  /// Everything from U(-1/√hidden, 1/√hidden), as `torch.nn.LSTM` starts.
  public func initialize() {
    let bound = 1 / Double(hiddenSize).squareRoot()
    for (_, parameter) in namedParameters() { parameter.wrappedValue.fillUniform(-bound, bound) }
  }

  /// The final state of each direction over the real tokens: packed `[T,in]` → `[B, 2·hidden]`.
  /// - Parameter lengths: tokens of each sequence; they add up to T and none is 0.
  public func callAsFunction(_ x: Tensor, lengths: [Int]) -> Tensor {
    let order = PackedOrder(lengths)
    let data = x.selected(Tensor(order.tokens).to(x.device))
    let weights = parametersInOrder.map { $0.to(x.dtype) }
    let fused = x.dtype == .float32 && Fused.isAvailable(.float32, on: x.device, widths: [hiddenSize])
    let states = (fused ? fusedStates : plainStates)(data, Tensor(order.batchSizes), weights)
    return states.selected(Tensor(order.sequenceRanks).to(x.device))
  }

  /// What each step gives, in both directions: packed `[T,in]` → `[T, 2·hidden]`.
  /// - Parameter lengths: tokens of each sequence; they add up to T and none is 0.
  public func steps(_ x: Tensor, lengths: [Int]) -> Tensor {
    let order = PackedOrder(lengths)
    let data = x.selected(Tensor(order.tokens).to(x.device))
    let weights = parametersInOrder.map { $0.to(x.dtype) }
    var rows = [Int64](repeating: 0, count: order.tokens.count)
    for (row, token) in order.tokens.enumerated() { rows[Int(token)] = Int64(row) }
    return plain(data, Tensor(order.batchSizes), weights).output.selected(Tensor(rows).to(x.device))
  }

  /// As `torch.nn.LSTM` and the kernels take them.
  private var parametersInOrder: [Tensor] {
    [
      inputWeight, hiddenWeight, inputBias, hiddenBias,
      reverseInputWeight, reverseHiddenWeight, reverseInputBias, reverseHiddenBias,
    ]
  }

  /// `[B, 2·hidden]`, longest sequence first.
  private func fusedStates(_ data: Tensor, _ batchSizes: Tensor, _ weights: [Tensor]) -> Tensor {
    let limits = ProductPolicy.limits(data.dtype)
    return made(withHandles([weights]) { ct_bilstm(data.handle, batchSizes.handle, $0[0], limits) })
  }

  /// The same by libtorch's own operations.
  private func plainStates(_ data: Tensor, _ batchSizes: Tensor, _ weights: [Tensor]) -> Tensor {
    let states = plain(data, batchSizes, weights).states
    return states.transposed(0, 1).reshaped([-1, 2 * hiddenSize])
  }

  /// The output of every step `[T, 2·hidden]`, and the final states `[2,B,hidden]`.
  private func plain(
    _ data: Tensor, _ batchSizes: Tensor, _ weights: [Tensor]
  ) -> (output: Tensor, states: Tensor) {
    let batch = Int(batchSizes.narrowed(0, from: 0, count: 1).item)
    let zeros = Tensor.zeros([2, batch, hiddenSize], dtype: data.dtype, device: data.device)
    var out = [OpaquePointer?](repeating: nil, count: 3)
    let inputs = ct_lstm_inputs(
      data: data.handle, batch_sizes: batchSizes.handle, h0: zeros.handle, c0: zeros.handle)
    done(withHandles([weights]) { ct_lstm_packed(inputs, $0[0], ct_grad_mode(), &out) })
    let results = out.map { Tensor($0!) }
    return (results[0], results[1])
  }
}

/// How `torch.nn.utils.rnn.PackedSequence` lays sequences out: longest first, time step by time step.
struct PackedOrder {
  /// For each packed row, the row of the concatenated input.
  private(set) var tokens: [Int64] = []
  /// Sequences still running at each time step.
  private(set) var batchSizes: [Int64] = []
  /// For each sequence in the caller's order, its index in the packed batch.
  private(set) var sequenceRanks: [Int64]

  init(_ lengths: [Int]) {
    var starts: [Int] = []
    var total = 0
    for length in lengths {
      precondition(length > 0, "an empty sequence has no final state")
      starts.append(total)
      total += length
    }
    let longestFirst = lengths.indices.sorted { a, b in
      lengths[a] == lengths[b] ? a < b : lengths[a] > lengths[b]
    }
    sequenceRanks = [Int64](repeating: 0, count: lengths.count)
    for (rank, sequence) in longestFirst.enumerated() { sequenceRanks[sequence] = Int64(rank) }
    tokens.reserveCapacity(total)
    var running = longestFirst.count
    for step in 0..<(lengths.max() ?? 0) {
      while running > 0, lengths[longestFirst[running - 1]] <= step { running -= 1 }
      batchSizes.append(Int64(running))
      for sequence in longestFirst.prefix(running) { tokens.append(Int64(starts[sequence] + step)) }
    }
  }
}
