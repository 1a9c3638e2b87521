import Torch

/// A batch of token sequences laid end to end, without padding.
public struct PackedTokens {
  /// `[T]` int64
  public let ids: Tensor
  /// `[T]` int64: each token's place in its own sequence.
  public let positions: Tensor
  public let lengths: [Int]
  private let places: Places

  /// - Precondition: no sequence is empty.
  public init(_ sequences: [[Int32]], device: Device = .cpu) {
    precondition(
      !sequences.isEmpty && !sequences.contains { $0.isEmpty }, "a batch holds sequences of at least a token")
    self.init(
      ids: Tensor(sequences.joined().map(Int64.init)).to(device),
      positions: Tensor(sequences.flatMap { (0..<Int64($0.count)) }).to(device),
      lengths: sequences.map(\.count))
  }

  private init(ids: Tensor, positions: Tensor, lengths: [Int], places: Places = Places()) {
    (self.ids, self.positions, self.lengths, self.places) = (ids, positions, lengths, places)
  }

  /// Made when they are first asked for, then kept for the other blocks.
  private final class Places {
    var starts: Tensor?
    var offsets: Tensor?
    var queryOffsets: Tensor?
  }

  /// Puts another batch in this one's tensors, which stay where they are.
  /// - Precondition: it has as many sequences and as many tokens.
  public func refilled(_ sequences: [[Int32]]) -> PackedTokens {
    let new = PackedTokens(sequences)
    precondition(new.batchSize == batchSize && new.tokenCount == tokenCount, "the new batch has another size")
    for (to, from) in [
      (ids, new.ids), (positions, new.positions), (starts, new.starts), (offsets, new.offsets),
    ] { to.copy(from: from) }
    return PackedTokens(ids: ids, positions: positions, lengths: new.lengths, places: places)
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
    if let starts = places.starts { return starts }
    let starts = Tensor(ends.dropLast()).to(ids.device)
    places.starts = starts
    return starts
  }

  /// `[B+1]` int32: where each sequence starts, then where the last one ends.
  var offsets: Tensor {
    if let offsets = places.offsets { return offsets }
    let offsets = Tensor(ends.map(Int32.init)).to(ids.device)
    places.offsets = offsets
    return offsets
  }

  /// The same of a query a sequence.
  var queryOffsets: Tensor {
    if let offsets = places.queryOffsets { return offsets }
    let offsets = Tensor((0...Int32(batchSize)).map { $0 }).to(ids.device)
    places.queryOffsets = offsets
    return offsets
  }

  /// 0, then the end of each sequence.
  private var ends: [Int64] { lengths.reduce(into: [0]) { $0.append($0.last! + Int64($1)) } }

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

  /// One row per sequence: `[T,H]` → `[B,H]`.
  /// - Parameter reduce: `[n,L,H]` → `[n,H]`, for n neighbouring sequences of one length L.
  public func perSequence(_ x: Tensor, _ reduce: (Tensor) -> Tensor) -> Tensor {
    let width = x.shape[1]
    return Tensor.concatenated(
      zip(runs, x.split(runSizes)).map { run, part in reduce(part.reshaped([run.count, run.length, width])) })
  }

  /// `[T,H]` → `[B,P,H]`, zeros where there is no token.
  /// - Parameter length: P; the longest sequence by default.
  public func padded(_ x: Tensor, length: Int? = nil) -> Tensor {
    let length = length ?? longest
    precondition(length >= longest, "padding to \(length) would cut a sequence of \(longest)")
    let width = x.shape[1]
    if lengths.allSatisfy({ $0 == length }) { return x.reshaped([batchSize, length, width]) }
    var places: [Int64] = []
    for (row, count) in lengths.enumerated() {
      places += (row * length..<row * length + count).map(Int64.init)
    }
    return Tensor.zeros([batchSize * length, width], dtype: x.dtype, device: x.device)
      .replacing(Tensor(places).to(x.device), with: x).reshaped([batchSize, length, width])
  }
}
