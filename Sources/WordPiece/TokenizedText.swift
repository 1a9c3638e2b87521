/// Token ids of a text with where each came from.
public struct TokenizedText: Sendable, Equatable {
  /// `[CLS] … [SEP]`
  public var ids: [Int32]
  /// UTF-8 offsets in the text that was encoded; nil for [CLS] and [SEP].
  public var ranges: [Range<Int>?]
  /// How many ids the text would have had, had it not been cut.
  public var uncutCount: Int

  public var isTruncated: Bool { uncutCount > ids.count }
}
