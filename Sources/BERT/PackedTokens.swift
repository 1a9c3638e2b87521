import Torch

/// A batch of token sequences laid end to end, without padding.
public struct PackedTokens {
  /// `[T]` int64
  public let ids: Tensor
  /// `[T]` int64: each token's place in its own sequence.
  public let positions: Tensor
  public let lengths: [Int]

  /// - Precondition: no sequence is empty.
  public init(_ sequences: [[Int32]], device: Device = .cpu) {
    precondition(!sequences.isEmpty && !sequences.contains { $0.isEmpty }, "a batch holds sequences of at least a token")
    lengths = sequences.map(\.count)
    ids = Tensor(sequences.joined().map(Int64.init)).to(device)
    positions = Tensor(lengths.flatMap { (0..<Int64($0)) }).to(device)
  }

  private init(ids: Tensor, positions: Tensor, lengths: [Int]) {
    (self.ids, self.positions, self.lengths) = (ids, positions, lengths)
  }

  /// The same sequences as smaller batches, each of at most `tokens` tokens or of one sequence.
  func parts(ofAtMost tokens: Int) -> [PackedTokens] {
    var parts: [[Int]] = []
    for length in lengths {
      if let last = parts.last, last.reduce(length, +) <= tokens {
        parts[parts.count - 1].append(length)
      } else {
        parts.append([length])
      }
    }
    if parts.count == 1 { return [self] }
    let sizes = parts.map { $0.reduce(0, +) }
    return zip(parts, zip(ids.split(sizes), positions.split(sizes))).map {
      PackedTokens(ids: $1.0, positions: $1.1, lengths: $0)
    }
  }

  public var batchSize: Int { lengths.count }
  public var tokenCount: Int { lengths.reduce(0, +) }
  public var longest: Int { lengths.max() ?? 0 }

  /// `[B]` int64: where each sequence starts, its [CLS].
  public var starts: Tensor {
    var total: Int64 = 0
    return Tensor(
      lengths.map { length in
        defer { total += Int64(length) }
        return total
      }
    ).to(ids.device)
  }

  /// `[B]` int64 on the CPU: the lengths.
  var sizes: Tensor { Tensor(lengths.map(Int64.init)) }

  /// Tokens of each run.
  var runSizes: [Int] { runs.map { $0.count * $0.length } }

  /// Neighbouring sequences of the same length, which attention handles as one `[n,N,L,D]`.
  var runs: [(count: Int, length: Int)] {
    var runs: [(count: Int, length: Int)] = []
    for length in lengths {
      if let last = runs.last, last.length == length {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((1, length))
      }
    }
    return runs
  }

  /// `[T,H]` → `[B,P,H]`, zeros where there is no token.
  /// - Parameter length: P; the longest sequence by default.
  public func padded(_ x: Tensor, length: Int? = nil) -> Tensor {
    let length = length ?? longest
    precondition(length >= longest, "padding to \(length) would cut a sequence of \(longest)")
    let width = x.shape[1]
    if lengths.allSatisfy({ $0 == length }) { return x.reshaped([batchSize, length, width]) }
    var places: [Int64] = []
    for (row, count) in lengths.enumerated() { places += (row * length..<row * length + count).map(Int64.init) }
    return Tensor.zeros([batchSize * length, width], dtype: x.dtype, device: x.device)
      .replacing(Tensor(places).to(x.device), with: x).reshaped([batchSize, length, width])
  }
}
