import Classification
import Corpus
import Fixtures
import Foundation
import Testing
import WordPiece

@testable import Training

@Suite struct EncodingsTests {
  @Test func `runs with equal tokenizers, lengths and truncations share the encoded texts`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let (texts, targets) = TinyTask.texts(20, seed: 1)
      let set = DataSet(texts: texts, targets: targets, classes: ["bad", "good"])
      let data = try TrainingData(
        train: set, test: set, validationShare: 0.5, splitSeed: 1, selection: .validation)
      func classifier(_ variant: String, length: Int = 16, _ truncation: Truncation = .head) throws
        -> TextClassifier
      {
        let settings = ClassifierSettings(
          variant: try Variant(variant), labels: set.classes, maximumLength: length, truncation: truncation)
        let words = try WordCounts(set.texts, options: TokenizerOptions()).wordTokenizer(
          size: 50, options: TokenizerOptions())
        return try TextClassifier(pretrained: folder, settings: settings, wordTokenizer: words)
      }
      let first = try data.encodedTrain(for: classifier("1VA"))
      #expect(try data.encodedTrain(for: classifier("2LV")) === first)
      #expect(try data.encodedTest(for: classifier("1VA")) !== first)
      #expect(try data.encodedTrain(for: classifier("1VA", length: 8)) !== first)
      #expect(try data.encodedTrain(for: classifier("1VA", .tail)) !== first)
      let words = try data.encodedTrain(for: classifier("baseline-custom"))
      #expect(words !== first)
      #expect(try data.encodedTrain(for: classifier("baseline-custom")) === words)
      #expect(try first([0]) == classifier("1VA").encode([data.train.texts[0]]))
    }
  }
}
