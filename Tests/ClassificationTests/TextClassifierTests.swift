import Files
import Checkpoint
import Classification
import Fixtures
import Foundation
import Testing
import Torch
import WordPiece

@Suite struct TextClassifierTests {
  private func settings(_ variant: String, labels: [String] = ["bad", "good"]) throws -> ClassifierSettings {
    ClassifierSettings(variant: try Variant(variant), labels: labels, maximumLength: 12, truncation: .tail)
  }

  private func classifier(_ variant: String, _ folder: URL, labels: [String] = ["bad", "good"]) throws
    -> TextClassifier
  {
    try writeTinyModel(to: folder)
    let words = try WordCounts(["good bad film"], options: TokenizerOptions()).wordTokenizer(
      size: 9, options: TokenizerOptions())
    return try TextClassifier(
      pretrained: folder, settings: settings(variant, labels: labels), wordTokenizer: words)
  }

  private let texts = [
    "the film was good", "bad", "", "a very very very very very very very very very very very long good book",
  ]

  @Test(arguments: [
    "0VA", "2VA", "2VC", "2VM", "2VX", "2VF", "3LV", "2LC", "1LBD", "VA:0+2", "2VA:alternating",
    "baseline-custom",
    "baseline-bert",
  ])
  func `a saved folder opens with the same settings and logits`(variant: String) throws {
    try Fixtures.withFolder { folder in
      let made = try classifier(variant, folder.appendingPathComponent("model"), labels: ["x", "y", "z"])
      let out = folder.appendingPathComponent("saved")
      try made.save(to: out)
      let opened = try TextClassifier(folder: out)
      #expect(opened.settings == made.settings)
      let (a, b) = (try made.predict(texts), try opened.predict(texts))
      #expect(a.map(\.logits) == b.map(\.logits) && a[0].logits.count == 3)
      #expect(a.allSatisfy { abs($0.scores.reduce(0, +) - 1) < 1e-9 })
    }
  }

  @Test(arguments: ["2VA", "baseline-custom"])
  func `config.json is read once for all who want something of it`(variant: String) throws {
    try Fixtures.withFolder { folder in
      let out = folder.appendingPathComponent("saved")
      try classifier(variant, folder.appendingPathComponent("model")).save(to: out)
      let checkpoint = try Checkpoint(folder: out)
      try FileManager.default.removeItem(at: out.appendingPathComponent("config.json"))
      #expect(try TextClassifier(checkpoint).settings.variant == Variant(variant))
      #expect(throws: FathomError.self) { try TextClassifier(folder: out) }
    }
  }

  @Test(arguments: ["2VA", "2VC", "2VM", "2VX", "2VF", "2LV", "2LC", "baseline-custom", "baseline-bert"])
  func `a text's logits do not depend on the batch it is in`(variant: String) throws {
    try Fixtures.withFolder { folder in
      let model = try classifier(variant, folder)
      let together = try model.predict(texts).map(\.logits)
      for (text, row) in zip(texts, together) {
        #expect(try isClose(model.predict([text])[0].logits, row, within: 1e-5))
      }
      let small = model.logits(model.encode(texts), tokensPerBatch: 1)
      #expect(zip(small, together).allSatisfy { isClose($0, $1, within: 1e-5) })
    }
  }

  @Test func `the last K blocks and a list are other weights than the first K`() throws {
    try Fixtures.withFolder { folder in
      func logits(_ variant: String) throws -> [Float] {
        RandomState.seed(1)
        return try classifier(variant, folder).predict(["the film was good"])[0].logits
      }
      let (last, listedLast) = (try logits("2VA:last"), try logits("VA:1+2"))
      let (first, listedFirst) = (try logits("2VA"), try logits("VA:0+1"))
      #expect(last == listedLast && first == listedFirst && last != first)
    }
  }

  @Test func `a model fine-tuned with Hugging Face opens with its own labels and logits`() throws {
    let folder = Fixtures.goldens.appendingPathComponent("bert")
    let classifier = try TextClassifier(folder: folder)
    #expect(classifier.settings.labels == ["LABEL_0", "LABEL_1", "LABEL_2"])
    #expect(classifier.settings.variant == Variant(.bert(.first(4)), .pooled))
  }

  @Test func `what cannot work is an error that says why`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      func message(_ settings: ClassifierSettings) throws -> String {
        do {
          _ = try TextClassifier(pretrained: folder, settings: settings)
          return ""
        } catch { return String(describing: error) }
      }
      var long = try settings("1VA")
      long.maximumLength = 600
      let cases = try [
        (settings("9VA"), "checkpoint has 3"), (settings("VA:0+7"), "outside 0 to 2"),
        (settings("1VA", labels: ["only"]), "two classes"), (long, "3 to 32"),
      ]
      for (settings, expected) in cases { #expect(try message(settings).contains(expected)) }
      let noHead = #expect(throws: FathomError.self) { try TextClassifier(folder: folder) }
      #expect(noHead?.description.contains("fathom train") == true)
    }
  }

  @Test(arguments: [
    #""fathom": {"variant": "9ZZ", "max_length": 12, "truncation": "head"}"#,
    #""fathom": {"variant": "1VA"}"#,
    #""fathom": {"variant": "1VA", "max_length": 99999999999, "truncation": "head"}"#,
    #""id2label": {"0": "a", "7": "b"}"#,
    #""id2label": {"0": "a"}"#,
  ])
  func `a damaged classifier config names the file`(entry: String) throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let file = folder.appendingPathComponent("config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data((String(text.dropLast()) + "," + entry + "}").utf8).write(to: file)
      #expect(throws: FathomError.self) { try TextClassifier(folder: folder) }
    }
  }
}
