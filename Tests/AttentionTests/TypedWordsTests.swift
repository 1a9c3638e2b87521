@testable import Attention
import Checkpoint
import Classification
import Files
import Fixtures
import Foundation
import Testing
import Torch
import WordPiece

@Suite struct TypedWordsTests {
  private static func encoded(
    _ text: String, maximumLength: Int = 64, options: TokenizerOptions = TokenizerOptions()
  ) throws -> AlignedText {
    let words = [
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cafe", "na", "##ive", "not", "bad", ".", "-", "in",
      "##cr", "##oya", "##ble",
    ]
    let tokenizer = try Tokenizer(Vocabulary(words), options: options)
    return AlignedText(text, tokenizer, maximumLength: maximumLength, truncation: .head)
  }

  @Test func `words are shown as they were typed`() throws {
    let text = try Self.encoded("Café  naïve – Not bad.")
    #expect(text.pieces.map(\.text) == ["[CLS]", "Café", "na", "ïve", "–", "Not", "bad", ".", "[SEP]"])
    #expect(text.pieces.map(\.word) == [0, 1, 2, 2, 3, 4, 5, 6, 7])
    #expect(!text.pieces[7].isSpaced && text.pieces[6].isSpaced)
  }

  @Test func `accents that are code points of their own stay with their letter`() throws {
    let text = try Self.encoded("incroyable Cafe\u{301}")
    #expect(text.pieces.map(\.text) == ["[CLS]", "in", "cr", "oya", "ble", "Cafe\u{301}", "[SEP]"])
  }

  @Test func `the unknown token is shown as the word that it stands for`() throws {
    let text = try Self.encoded("Zebra bad")
    #expect(text.pieces.map(\.text) == ["[CLS]", "Zebra", "bad", "[SEP]"])
    #expect(text.encoded.ids[1] == 1)
  }

  @Test func `ids are the tokenizer's, whatever the text holds`() throws {
    for text in ["", " ", "\u{0}\u{FFFD}", "[SEP] bad [MASK]", "bad\u{200B}not", "not\u{301}", "🎬 bad", "中文"]
    {
      let tokenizer = try Tokenizer(Vocabulary(TinyTask.words))
      let found = AlignedText(text, tokenizer, maximumLength: 32, truncation: .head)
      #expect(found.encoded.ids == tokenizer.encode(text, maximumLength: 32))
    }
  }

  @Test func `a text that was cut says how long it was`() throws {
    let text = try Self.encoded("not bad not bad not bad", maximumLength: 5)
    #expect(text.encoded.isTruncated && text.encoded.tokenCount == 8 && text.encoded.ids.count == 5)
    #expect(try !Self.encoded("not bad").encoded.isTruncated)
  }
}

@Suite(.serialized) struct DamagedWeightsTests {
  @Test func `weights that are not finite are refused`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let settings = ClassifierSettings(
        variant: try Variant("2VA"), labels: ["bad", "good"], maximumLength: 32)
      let classifier = try TextClassifier(pretrained: folder, settings: settings)
      let name = "attention.self.query.weight"
      let query = try #require(
        bert(of: classifier).blocks[0].namedParameters().first { $0.name.hasSuffix(name) })
      query.parameter.wrappedValue.fillNormal(mean: .nan, deviation: 1)
      let model = try AttentionModel(classifier, name: "tiny")
      let error = #expect(throws: FathomError.self) { try model.read("so very good") }
      #expect(error?.code == .notFinite)
    }
  }
}

@Suite struct NormalizationTests {
  private static let weights = [0.1, 0.2, 0.6, 0.1]

  @Test func `a z-score that is not cut counts over n - 1 and keeps its sign`() {
    let scores = HighlightNormalization.zScoreUncut(Self.weights)
    let expected = [-0.6301260378126045, -0.21004201260420144, 1.4702940882294102, -0.6301260378126045]
    for (a, b) in zip(scores, expected) { #expect(abs(a - b) < 1e-12) }
  }

  @Test func `equal weights have no scale`() {
    for normalization in HighlightNormalization.allCases {
      #expect(normalization([0.5, 0.5]) == [0, 0] && normalization([]) == [] && normalization([1]) == [0])
    }
  }
}
