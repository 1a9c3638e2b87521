/// What a model reads of a text, or of a pair of them, and how much there was to read.
public struct EncodedText: Sendable, Equatable {
  /// `[CLS] … [SEP]`, or `[CLS] … [SEP] … [SEP]`, cut to the model's length
  public let ids: [Int32]
  /// Where the second text of a pair starts; nil for a single text
  public let secondStart: Int?
  /// Where each id came from, as UTF-8 offsets in the text that was encoded; nil for [CLS] and [SEP], and
  /// empty unless they were asked for
  public let ranges: [Range<Int>?]
  /// Of the whole text, with [CLS] and [SEP]
  public let tokenCount: Int

  public init(ids: [Int32], secondStart: Int? = nil, ranges: [Range<Int>?] = [], tokenCount: Int) {
    self.ids = ids
    self.secondStart = secondStart
    self.ranges = ranges
    self.tokenCount = tokenCount
  }

  public var isTruncated: Bool { tokenCount > ids.count }

  /// What answers say of it, for `JSONSerialization`.
  public var json: [String: Any] {
    ["token_count": tokenCount, "tokens_read": ids.count, "truncated": isTruncated]
  }
}
