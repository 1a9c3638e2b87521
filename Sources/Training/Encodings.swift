import Files
import Classification
import Corpus
import Foundation
import WordPiece

/// The encoded sets of a study: runs whose tokenizers and treatment of texts are equal share them, so that
/// each text is encoded once.
final class Encodings: @unchecked Sendable {
  enum Part { case train, validation, test }

  private struct Entry {
    let part: Part
    let tokenizer: any Tokenizing
    let text: TextSettings
    let texts: EncodedTexts
  }

  private let lock = NSLock()
  private var entries: [Entry] = []

  /// - Throws: `FathomError` when the temporary folder cannot be written to.
  func texts(_ data: DataSet, _ part: Part, for classifier: TextClassifier) throws -> EncodedTexts {
    let (tokenizer, text) = (classifier.tokenizer, classifier.settings.text)
    return try lock.withLock {
      let known = entries.first {
        $0.part == part && $0.text == text && $0.tokenizer.givesSameIDs(as: tokenizer)
      }
      if let known { return known.texts }
      let texts = try EncodedTexts(data, classifier)
      entries.append(Entry(part: part, tokenizer: tokenizer, text: text, texts: texts))
      return texts
    }
  }
}
