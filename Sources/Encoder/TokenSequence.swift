import Torch

/// Token ids of a text, or of a pair of texts: `[CLS] a [SEP] b [SEP]`.
public struct TokenSequence: Sendable, Hashable {
  public var ids: [Int32]
  /// Where the second text of a pair starts: the tokens from there on are of segment 1. nil without one.
  public var secondStart: Int?

  /// - Precondition: the second text starts within the ids.
  public init(_ ids: [Int32], secondStart: Int? = nil) {
    precondition(secondStart.map { (0...ids.count).contains($0) } ?? true, "the second text starts outside")
    self.ids = ids
    self.secondStart = secondStart
  }

  public var count: Int { ids.count }

  /// 0 or 1 for each token
  public var segments: [Int32] {
    guard let secondStart else { return ids.map { _ in 0 } }
    return ids.indices.map { $0 < secondStart ? 0 : 1 }
  }
}

extension PackedTokens {
  /// - Precondition: no sequence is empty.
  public init(_ sequences: [TokenSequence], device: Device = .cpu) {
    let isOfPairs = sequences.contains { $0.secondStart != nil }
    self.init(
      sequences.map(\.ids), segments: isOfPairs ? sequences.map(\.segments) : nil, device: device)
  }
}
