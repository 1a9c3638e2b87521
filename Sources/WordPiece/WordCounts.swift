import Foundation

/// How often each normalised word occurs in a set of texts.
public struct WordCounts: Sendable {
  /// The most frequent first; of equal ones by their bytes.
  public let words: [(word: [UInt8], count: Int)]

  static let specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  public init(_ texts: some Sequence<String>, options: TokenizerOptions) {
    // A tokenizer without words, only for its normalisation; literal "[CLS]" in a text is plain text here.
    guard
      let tokenizer = try? Tokenizer(
        Vocabulary(WordCounts.specials), options: options, specialTokens: ["[PAD]"])
    else {
      preconditionFailure("the special tokens are a vocabulary")
    }
    var counts: [[UInt8]: Int] = [:]
    let encoder = WordEncoder(tokenizer) { counts[$0, default: 0] += 1 }
    var unused: [Int32] = []
    for text in texts {
      var text = text
      text.withUTF8 { encoder.encode($0, into: &unused) }
    }
    words = counts.map { (word: $0.key, count: $0.value) }
      .sorted { $0.count != $1.count ? $0.count > $1.count : $0.word.lexicographicallyPrecedes($1.word) }
  }

  /// A tokenizer that knows the most frequent whole words and nothing else.
  public func wordTokenizer(size: Int, options: TokenizerOptions) throws -> Tokenizer {
    let kept = words.filter { !$0.word.starts(with: Array("##".utf8)) }.prefix(size)
    return try Tokenizer(
      Vocabulary(WordCounts.specials + kept.map { String(decoding: $0.word, as: UTF8.self) }),
      options: options)
  }
}
