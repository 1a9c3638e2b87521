import Foundation

/// Text to token ids and back. Rooms above know a tokenizer only by this.
public protocol Tokenizing: Sendable {
  /// Starts every text; the pooler reads its state.
  var clsTokenID: Int32 { get }
  /// Ends every text.
  var sepTokenID: Int32 { get }
  /// Fills short rows of a padded batch.
  var padTokenID: Int32 { get }
  /// Stands for a word that has no pieces.
  var unkTokenID: Int32 { get }
  /// Hides a token in pretraining; nil where the vocabulary has none.
  var maskTokenID: Int32? { get }
  /// Ids go from 0 to this.
  var tokenCount: Int { get }
  /// Whether a text's case is lost.
  var lowercases: Bool { get }
  /// SHA-256 of everything that has a part in ids: pieces, options, added tokens.
  var digest: String { get }

  /// The piece as the vocabulary writes it.
  /// - Precondition: `id` is in `0..<tokenCount`.
  func token(_ id: Int32) -> String

  /// Whether the piece goes on with the word of the piece before it.
  func isContinuation(_ id: Int32) -> Bool

  /// `[CLS] … [SEP]` of each text, in order, at most `maximumLength` ids with both.
  /// - Parameter threads: nil takes all cores.
  func encode(
    _ texts: [String], maximumLength: Int?, truncation: Truncation, threads: Int?
  ) -> [[Int32]]

  /// The same ids as ``encode(_:maximumLength:truncation:)``, with their ranges in the text.
  func encodeWithOffsets(_ text: String, maximumLength: Int?, truncation: Truncation) -> EncodedText

  /// Writes files that Hugging Face's `AutoTokenizer` opens with the same ids.
  /// - Throws: `FathomError` naming the file.
  func write(to folder: URL, maximumLength: Int, truncatesHead: Bool) throws
}

extension Tokenizing {
  /// `[CLS] … [SEP]`, at most `maximumLength` ids with both.
  public func encode(
    _ text: String, maximumLength: Int? = nil, truncation: Truncation = .head
  ) -> [Int32] {
    encode([text], maximumLength: maximumLength, truncation: truncation, threads: 1)[0]
  }

  public func encode(
    _ texts: [String], maximumLength: Int? = nil, truncation: Truncation = .head
  ) -> [[Int32]] {
    encode(texts, maximumLength: maximumLength, truncation: truncation, threads: nil)
  }

  public func encodeWithOffsets(_ text: String, maximumLength: Int? = nil) -> EncodedText {
    encodeWithOffsets(text, maximumLength: maximumLength, truncation: .head)
  }

  /// The pieces that ids stand for.
  public func tokens(_ ids: [Int32]) -> [String] { ids.map(token) }

  /// Whether the token is none of a text's own: [CLS], [SEP] or [PAD].
  public func isSpecial(_ id: Int32) -> Bool {
    id == clsTokenID || id == sepTokenID || id == padTokenID
  }

  /// Whether both give the same ids to every text.
  public func givesSameIDs(as other: any Tokenizing) -> Bool { digest == other.digest }

  public func write(to folder: URL, maximumLength: Int) throws {
    try write(to: folder, maximumLength: maximumLength, truncatesHead: false)
  }
}
