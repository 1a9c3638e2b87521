import Files
import Classification
import Corpus
import Foundation
import WordPiece

/// The encoded sets of a study: runs whose tokenizers, lengths and truncations are equal share them, so that each text is
/// encoded once.
final class Encodings: @unchecked Sendable {
  enum Part { case train, validation, test }

  private struct Entry {
    let part: Part
    let tokenizer: Tokenizer
    let maximumLength: Int
    let truncation: Truncation
    let texts: EncodedTexts
  }

  private let lock = NSLock()
  private var entries: [Entry] = []

  /// - Throws: ``CorpusError`` when the temporary folder cannot be written to.
  func texts(_ data: DataSet, _ part: Part, for classifier: TextClassifier) throws -> EncodedTexts {
    let (tokenizer, settings) = (classifier.tokenizer, classifier.settings)
    return try lock.withLock {
      let known = entries.first {
        $0.part == part && $0.maximumLength == settings.maximumLength && $0.truncation == settings.truncation
          && $0.tokenizer.givesSameIDs(as: tokenizer)
      }
      if let known { return known.texts }
      let texts = try EncodedTexts(data, classifier)
      entries.append(
        Entry(
          part: part, tokenizer: tokenizer, maximumLength: settings.maximumLength,
          truncation: settings.truncation, texts: texts))
      return texts
    }
  }
}
