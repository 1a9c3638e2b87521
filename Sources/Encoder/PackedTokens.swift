import Torch

/// A batch of token sequences laid end to end, without padding.
public struct PackedTokens {
  /// `[T]` int64
  public let ids: Tensor
  /// `[T]` int64: each token's index in its own sequence.
  public let positions: Tensor
  /// `[T]` int64: which text of a pair each token belongs to; nil when every token is of the first.
  public let segments: Tensor?
  public let lengths: [Int]
  /// Where [PAD]s were put after each sequence: how many of its tokens are attended to. nil without them.
  public let attended: [Int]?
  private let derived: Derived

  /// - Parameter segments: a number for each token of each sequence, 0 for the first text and 1 for the
  ///   second.
  /// - Precondition: no sequence is empty, and segments are as long as the sequences.
  public init(_ sequences: [[Int32]], segments: [[Int32]]? = nil, device: Device = .cpu) {
    precondition(
      !sequences.isEmpty && !sequences.contains { $0.isEmpty }, "a batch holds sequences of at least a token")
    if let segments {
      precondition(segments.map(\.count) == sequences.map(\.count), "segments have other lengths")
    }
    self.init(
      ids: Tensor(sequences.joined().map(Int64.init)).to(device),
      positions: Tensor(sequences.flatMap { (0..<Int64($0.count)) }).to(device),
      segments: segments.map { Tensor($0.joined().map(Int64.init)).to(device) },
      lengths: sequences.map(\.count))
  }

  private init(
    ids: Tensor, positions: Tensor, segments: Tensor?, lengths: [Int], attended: [Int]? = nil
  ) {
    self.ids = ids
    self.positions = positions
    self.segments = segments
    self.lengths = lengths
    self.attended = attended
    derived = Derived()
  }

  /// The same sequences, each with [PAD]s up to a length: they go through the encoder as a framework that
  /// pads sends them, and no token attends to them.
  /// - Precondition: no sequence is longer, and none is of a pair.
  public func padding(to length: Int, with token: Int32) -> PackedTokens {
    precondition(longest <= length && segments == nil, "padding to \(length) cuts a sequence of \(longest)")
    let filling = Tensor.full(Double(token), [batchSize * length], dtype: .int64, device: ids.device)
    return PackedTokens(
      ids: filling.replacing(paddedRows(length), with: ids),
      positions: Tensor(lengths.flatMap { _ in 0..<Int64(length) }).to(ids.device), segments: nil,
      lengths: lengths.map { _ in length }, attended: lengths)
  }

  /// The row of each token in a padded batch.
  private func paddedRows(_ length: Int) -> Tensor {
    let rows = lengths.enumerated().flatMap { index, count in
      (index * length..<index * length + count).map(Int64.init)
    }
    return Tensor(rows).to(ids.device)
  }

  /// Made when they are first asked for, then kept for the other blocks.
  private final class Derived {
    var starts: Tensor?
    var offsets: Tensor?
    var queryOffsets: Tensor?
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
    let (ids, positions) = (ids.split(sizes), positions.split(sizes))
    let segments = segments?.split(sizes)
    return parts.indices.map { index in
      let first = parts[..<index].reduce(0) { $0 + $1.count }
      return PackedTokens(
        ids: ids[index], positions: positions[index], segments: segments?[index], lengths: parts[index],
        attended: attended.map { Array($0[first..<first + parts[index].count]) })
    }
  }

  public var batchSize: Int { lengths.count }
  public var tokenCount: Int { lengths.reduce(0, +) }
  public var longest: Int { lengths.max() ?? 0 }

  /// `[B]` int64: where each sequence starts, its [CLS].
  public var starts: Tensor {
    if let starts = derived.starts { return starts }
    let starts = Tensor(ends.dropLast()).to(ids.device)
    derived.starts = starts
    return starts
  }

  /// `[B+1]` int32: where each sequence starts, then where the last one ends.
  var offsets: Tensor {
    if let offsets = derived.offsets { return offsets }
    let offsets = Tensor(ends.map(Int32.init)).to(ids.device)
    derived.offsets = offsets
    return offsets
  }

  /// The same where each sequence has one query.
  var queryOffsets: Tensor {
    if let offsets = derived.queryOffsets { return offsets }
    let offsets = Tensor((0...Int32(batchSize)).map { $0 }).to(ids.device)
    derived.queryOffsets = offsets
    return offsets
  }

  /// 0, then the end of each sequence.
  private var ends: [Int64] { lengths.reduce(into: [0]) { $0.append($0.last! + Int64($1)) } }

  /// `[B]` int64 on the CPU: the lengths.
  var sizes: Tensor { Tensor(lengths.map(Int64.init)) }

  /// Tokens of each run.
  var runSizes: [Int] { runs.map { $0.count * $0.length } }

  /// Neighbouring sequences of the same length, which attention handles as one `[n,N,L,D]`.
  var runs: [(count: Int, length: Int, attended: Int)] {
    var runs: [(count: Int, length: Int, attended: Int)] = []
    for (length, attended) in zip(lengths, attended ?? lengths) {
      if let last = runs.last, last.length == length, last.attended == attended {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((1, length, attended))
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
    return Tensor.zeros([batchSize * length, width], dtype: x.dtype, device: x.device)
      .replacing(paddedRows(length), with: x).reshaped([batchSize, length, width])
  }

  /// Probabilities of each run, `[n,N,L,L]` → `[B,N,P,P]`, zeros beyond each sequence.
  func padded(attention probabilities: [Tensor]) -> Tensor {
    let longest = longest
    return Tensor.concatenated(
      probabilities.map { weights in
        let (n, heads, length) = (weights.shape[0], weights.shape[1], weights.shape[2])
        if length == longest { return weights }
        let right = Tensor.zeros([n, heads, length, longest - length], dtype: weights.dtype)
        let below = Tensor.zeros([n, heads, longest - length, longest], dtype: weights.dtype)
        return .concatenated([.concatenated([weights, right], along: 3), below], along: 2)
      })
  }
}
