/// What a model reads of a text, and how much there was to read.
public struct EncodedText: Sendable {
  /// `[CLS] … [SEP]`, cut to the model's length
  public let ids: [Int32]
  /// Of the whole text, with [CLS] and [SEP]
  public let tokenCount: Int

  public var isTruncated: Bool { tokenCount > ids.count }

  /// What answers say of it, for `JSONSerialization`.
  public var json: [String: Any] {
    ["token_count": tokenCount, "tokens_read": ids.count, "truncated": isTruncated]
  }
}
