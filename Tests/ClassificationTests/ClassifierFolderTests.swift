import Checkpoint
import Files
import Fixtures
import Foundation
import Testing
import Torch
import WordPiece

@testable import Classification

@Suite struct ClassifierFolderTests {
  /// Saves a classifier of three classes, changes its config.json and opens it again.
  private func open(
    cleaning: TextCleaning = .markup, _ change: (inout [String: Any]) -> Void = { _ in }
  ) throws -> TextClassifier {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let settings = ClassifierSettings(
        variant: try Variant("1VA"), labels: ["a", "b", "c"], maximumLength: 12, cleaning: cleaning)
      let out = folder.appendingPathComponent("saved")
      try TextClassifier(pretrained: folder, settings: settings).save(to: out)
      let file = out.appendingPathComponent("config.json")
      var root = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! [String: Any]
      change(&root)
      try JSONSerialization.data(withJSONObject: root).write(to: file)
      return try TextClassifier(folder: out)
    }
  }

  private func code(_ change: (inout [String: Any]) -> Void) throws -> FathomError.Code? {
    do {
      _ = try open(change)
      return nil
    } catch let error as FathomError { return error.code }
  }

  @Test func `names that repeat, as bytes or to Unicode, are refused`() throws {
    #expect(try code { $0["id2label"] = ["0": "a", "1": "a", "2": "c"] } == .damaged)
    #expect(try code { $0["id2label"] = ["0": "\u{E9}", "1": "e\u{301}", "2": "c"] } == .damaged)
  }

  @Test func `an empty name, and other numbers in label2id or num_labels, are refused`() throws {
    #expect(try code { $0["id2label"] = ["0": "a", "1": " ", "2": "c"] } == .damaged)
    let labels = ["0": "x", "1": "y", "2": "z"]
    func verdict(_ numbers: [String: Int], count: Int? = nil) throws -> FathomError.Code? {
      try code { ($0["id2label"], $0["label2id"], $0["num_labels"]) = (labels, numbers, count) }
    }
    #expect(try verdict(["x": 1, "y": 0, "z": 2]) == .damaged)
    #expect(try verdict(["x": 0, "y": 1, "z": 2], count: 2) == .damaged)
    #expect(try verdict(["x": 0, "y": 1, "z": 2], count: 3) == nil)
    // What Hugging Face leaves there
    #expect(try verdict(["LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2]) == nil)
  }

  @Test func `names that are numbers become names`() throws {
    let labels = try open { $0["id2label"] = ["0": 0, "1": 1.5, "2": true] as [String: Any] }.settings.labels
    #expect(labels == ["0", "1.5", "true"])
  }

  @Test(arguments: [-1, 2, 1_000_000_000])
  func `a number of classes that is not the classifier's is refused`(count: Int) throws {
    #expect(
      try code {
        $0["id2label"] = nil
        $0["num_labels"] = count
      } == .damaged)
  }

  @Test(arguments: [0, 2, 3])
  func `a number of blocks that is not the variant's is refused in a sentence`(blocks: Int) throws {
    let error = #expect(throws: FathomError.self) {
      try open { $0["num_hidden_layers"] = blocks }
    }
    // With more blocks than there are it is a tensor that is missing.
    #expect(error?.code == .damaged)
    if blocks == 0 {
      #expect(
        error?.description.contains("config.json: it says 0 blocks and that the model is a 1VA: bring")
          == true)
    }
  }

  @Test func `a variant that has not as many blocks as the encoder is refused`() throws {
    for variant in ["2VA", "baseline-bert"] {
      #expect(
        try code {
          var entry = $0["fathom"] as! [String: Any]
          entry["variant"] = variant
          $0["fathom"] = entry
        } == .damaged)
    }
  }

  @Test func `a classifier of another kind is refused`() throws {
    #expect(try code { $0["problem_type"] = "ordinal_regression" } == .unsupported)
    #expect(try code { $0["problem_type"] = "multi_label_classification" } == nil)
    #expect(try code { $0["problem_type"] = "regression" } == nil)
    #expect(try code { $0["problem_type"] = "single_label_classification" } == nil)
    #expect(try code { $0["quantization_config"] = ["load_in_8bit": true] } == .unsupported)
  }

  @Test func `id2label of other forms is refused`() throws {
    #expect(try code { $0["id2label"] = ["a", "b", "c"] } == .damaged)
    #expect(try code { $0["id2label"] = ["0": "a", "1": "b", "7": "c"] } == .damaged)
    #expect(try code { $0["id2label"] = ["0": "a", "1": "b", "2": ["c"]] as [String: Any] } == .damaged)
  }

  @Test func `a folder of a newer Fathom is refused, and one without a format is read`() throws {
    func entry(_ change: @escaping (inout [String: Any]) -> Void) -> (inout [String: Any]) -> Void {
      { root in
        var entry = root["fathom"] as! [String: Any]
        change(&entry)
        root["fathom"] = entry
      }
    }
    #expect(try code(entry { $0["format"] = 5 }) == .newer)
    let wrong: [[String: Any]] = [
      ["thresholds": [0.5]], ["thresholds": [0.5, 0.5, 2]], ["thresholds": "no"], ["temperature": 0],
      ["temperature": -1], ["pairs": "yes"],
    ]
    for change in wrong { #expect(try code(entry { $0.merge(change) { $1 } }) == .damaged, "\(change)") }
    #expect(try code(entry { $0["format"] = nil }) == nil)
    #expect(try code(entry { $0["max_length"] = -5 }) == .damaged)
    #expect(try code(entry { $0["dropout"] = 7 }) == .damaged)
    #expect(try code { $0["fathom"] = 1 } == .damaged)
    let padding: [[String: Any]] = [
      ["reads_padding": "yes"], ["evaluation_batch": 0], ["evaluation_batch": 1e9],
    ]
    for deviations in padding { #expect(try code(entry { $0["deviations"] = deviations }) == .damaged) }
    #expect(
      try code(
        entry {
          $0["deviations"] = ["reads_padding": true]
          $0["max_length"] = 1_000_000
        }) == .damaged)
  }

  @Test func `what is done to a text is kept in the folder and written for those who run it elsewhere`()
    throws
  {
    for cleaning in TextCleaning.allCases {
      let opened = try open(cleaning: cleaning)
      #expect(opened.settings.text.cleaning == cleaning)
      #expect(opened.modelCard.contains(cleaning.explanation))
    }
    let marked = try open(cleaning: .markup)
    #expect(marked.encode(["so<br />good"]) == marked.encode(["so good"]))
    let plain = try open(cleaning: .none)
    #expect(plain.encode(["so<br />good"]) != plain.encode(["so good"]))
  }

  @Test func `a head of the same variant and classes goes on, another one is new`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let out = folder.appendingPathComponent("saved")
      func made(_ from: URL, _ variant: String, _ labels: [String]) throws -> TextClassifier {
        try TextClassifier(
          pretrained: from,
          settings: ClassifierSettings(variant: Variant(variant), labels: labels, maximumLength: 12))
      }
      let first = try made(folder, "2VA", ["a", "b"])
      #expect(first.headIsNew)
      try first.save(to: out)
      let next = try made(out, "2VA", ["a", "b"])
      #expect(!next.headIsNew)
      #expect(try next.predict(["the film"])[0].logits == first.predict(["the film"])[0].logits)
      #expect(try made(out, "2VA", ["b", "a"]).headIsNew && made(out, "1VA", ["a", "b"]).headIsNew)
    }
  }

  @Test func `logits that are not finite are no prediction`() throws {
    let classifier = try open()
    #expect(throws: FathomError.self) { try classifier.prediction([0, .nan, 1]) }
    #expect(throws: FathomError.self) { try classifier.prediction([0, .infinity, 1]) }
  }
}

@Suite struct HeadTests {
  @Test func `the flattened head starts by the width of its input`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let settings = ClassifierSettings(variant: try Variant("1VF"), labels: ["a", "b"], maximumLength: 32)
      let network = try TextClassifier(pretrained: folder, settings: settings).network
      let weights = Dictionary(
        uniqueKeysWithValues: network.namedParameters().map { ($0.name, $0.parameter) })
      let weight = try #require(weights["classifier.weight"]).wrappedValue
      // U(-1/√512, 1/√512): its deviation is the bound over √3.
      let bound = 1 / 512.0.squareRoot()
      #expect(weight.abs().max().item <= bound)
      let deviation = ((weight * weight).sum().item / Double(weight.count)).squareRoot()
      #expect(abs(deviation - bound / 3.0.squareRoot()) < 0.05 * bound)
    }
  }

  @Test func `codes of heads are told apart and each makes a variant`() throws {
    #expect(Set(HeadKind.all.map(\.code)).count == HeadKind.all.count)
    for kind in HeadKind.all { #expect(try Variant("2\(kind.code)").head == kind) }
  }
}
