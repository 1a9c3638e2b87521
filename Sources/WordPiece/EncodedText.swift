/// What a model reads of a text, and how much there was to read.
public struct EncodedText: Sendable, Equatable {
  /// `[CLS] … [SEP]`, cut to the model's length
  public let ids: [Int32]
  /// Where each id came from, as UTF-8 offsets in the text that was encoded; nil for [CLS] and [SEP], and empty
  /// unless they were asked for
  public let ranges: [Range<Int>?]
  /// Of the whole text, with [CLS] and [SEP]
  public let tokenCount: Int

  public init(ids: [Int32], ranges: [Range<Int>?] = [], tokenCount: Int) {
    self.ids = ids
    self.ranges = ranges
    self.tokenCount = tokenCount
  }

  public var isTruncated: Bool { tokenCount > ids.count }

  /// What answers say of it, for `JSONSerialization`.
  public var json: [String: Any] {
    ["token_count": tokenCount, "tokens_read": ids.count, "truncated": isTruncated]
  }
}
