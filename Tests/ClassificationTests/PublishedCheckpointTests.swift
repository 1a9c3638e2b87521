import Checkpoint
import Encoder
import Files
import Fixtures
import Foundation
import Testing
import Torch

@testable import Classification

/// What the study's own code computed with the tiny BERT: Tools/make-study-2019-goldens.py.
private struct Study2019: Decodable {
  struct Model: Decodable {
    /// Shapes of what stands on the encoder
    let head: [String: [Int]]
    let logits: [[Float]]
  }

  let ids: [[Int32]]
  let maximum_length: Int
  let variants: [String: Model]

  static let folder = Fixtures.goldens.appendingPathComponent("study-2019")
  static let model = Fixtures.goldens.appendingPathComponent("bert")

  static func read() throws -> Study2019 {
    try JSONDecoder().decode(
      Study2019.self, from: Data(contentsOf: folder.appendingPathComponent("expected.json")))
  }

  /// Writes the file that the study's code would have saved, as safetensors.
  func write(_ name: String, to file: URL) throws {
    let model = try #require(variants[name])
    var tensors = model.head.map { ($0, Study2019.filled($0, $1)) }
    if name != "baseline-custom" {
      let blocks = name.first?.wholeNumberValue ?? 0
      let pretrained = try Checkpoint(folder: Study2019.model)
      for stored in pretrained.names where !stored.hasPrefix("classifier.") {
        if let index = stored.split(separator: ".").compactMap({ Int($0) }).first, index >= blocks {
          continue
        }
        tensors.append(("bert." + stored, try #require(pretrained[stored]).load()))
      }
    }
    try SafeTensors.write(tensors, to: file)
  }

  private static func filled(_ name: String, _ shape: [Int]) -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { Float(0.3 * sin(0.37 * Double($0) + Double(name.count))) }
    return Tensor(values, shape: shape)
  }
}

private func largestDifference(_ a: [[Float]], _ b: [[Float]]) -> Float {
  zip(a, b).flatMap { zip($0, $1).map { abs($0 - $1) } }.max() ?? .infinity
}

@Suite struct PublishedCheckpointTests {
  @Test(arguments: ["1VA", "2VA", "1VF", "2VF", "2LV", "2LC", "baseline-bert", "baseline-custom"])
  func `as published, the logits are those of the study's own code`(name: String) throws {
    try Fixtures.withFolder { folder in
      let study = try Study2019.read()
      let file = folder.appendingPathComponent("model.safetensors")
      try study.write(name, to: file)
      let made = try PublishedClassifier(
        file, model: Study2019.model, maximumLength: study.maximum_length, asPublished: true)
      #expect(made.classifier.settings.variant.description == name)
      #expect(made.classifier.settings.labels == ["neg", "pos"] && made.differences.isEmpty)
      let out = folder.appendingPathComponent("saved")
      try made.classifier.save(to: out)
      let opened = try TextClassifier(folder: out)
      #expect(opened.settings == made.classifier.settings)
      let logits = withoutGradients {
        opened.network(opened.network.batch(study.ids)).array(Float.self)
      }
      let rows = stride(from: 0, to: logits.count, by: 2).map { Array(logits[$0..<$0 + 2]) }
      #expect(try largestDifference(rows, #require(study.variants[name]).logits) < 1e-5)
    }
  }

  @Test(arguments: ["1VA", "1VF"])
  func `a file that PyTorch saved opens in both of its formats`(name: String) throws {
    let study = try Study2019.read()
    let file = Study2019.folder.appendingPathComponent(name + ".pt")
    let made = try PublishedClassifier(file, model: Study2019.model, asPublished: true)
    let logits = made.classifier.logits(study.ids)
    #expect(try largestDifference(logits, #require(study.variants[name]).logits) < 1e-5)
    #expect(made.classifier.settings.maximumLength == study.maximum_length)
  }

  @Test func `a pt beside config json and vocabulary is a model folder`() throws {
    try Fixtures.withFolder { folder in
      let study = try Study2019.read()
      let names = ["config.json", "vocab.txt"]
      for name in names {
        try FileManager.default.copyItem(
          at: Study2019.model.appendingPathComponent(name), to: folder.appendingPathComponent(name))
      }
      // The pretrained model's own, which has four blocks and names three classes.
      let config = folder.appendingPathComponent("config.json")
      var root = try #require(
        JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any])
      for key in ["id2label", "label2id", "num_labels"] { root[key] = nil }
      try JSONSerialization.data(withJSONObject: root).write(to: config)
      try FileManager.default.copyItem(
        at: Study2019.folder.appendingPathComponent("1VA.pt"), to: folder.appendingPathComponent("best.pt"))
      let opened = try TextClassifier(folder: folder)
      #expect(opened.settings.variant.description == "1VA" && opened.settings.labels == ["neg", "pos"])
      #expect(try largestDifference(opened.logits(study.ids), #require(study.variants["1VA"]).logits) < 1e-5)
      // Training starts from the same blocks and positions, whatever config.json says of more.
      root["max_position_embeddings"] = 512
      try JSONSerialization.data(withJSONObject: root).write(to: config)
      let sizes = try EncoderRegistry.config(folder: folder)
      #expect(sizes.blockCount == 1 && sizes.maximumPositions == study.maximum_length)
      let begun = try TextClassifier(
        pretrained: folder,
        settings: ClassifierSettings(
          variant: Variant("1VF"), labels: ["a", "b"],
          text: .init(
            maximumLength: study.maximum_length)))
      #expect(begun.network.encoder?.config.maximumPositions == study.maximum_length)
    }
  }

  @Test func `mended, a text's logits are its own and what differs is said`() throws {
    try Fixtures.withFolder { folder in
      let study = try Study2019.read()
      for (name, word) in [("2LV", "recurrent"), ("2VF", "[PAD]"), ("2VA", nil)] as [(String, String?)] {
        let file = folder.appendingPathComponent("\(name).safetensors")
        try study.write(name, to: file)
        let made = try PublishedClassifier(file, model: Study2019.model)
        #expect(made.differences.first?.contains(word ?? "") == (word != nil ? true : nil))
        let together = made.classifier.logits(study.ids)
        let alone = study.ids.map { made.classifier.logits([$0])[0] }
        #expect(largestDifference(together, alone) < 1e-5)
      }
    }
  }

  @Test func `what does not fit is refused by name`() throws {
    try Fixtures.withFolder { folder in
      let study = try Study2019.read()
      let file = folder.appendingPathComponent("2LV.safetensors")
      try study.write("2LV", to: file)
      func refusal(_ make: () throws -> PublishedClassifier) -> String {
        do { return "opened as \(try make().classifier.settings.variant)" } catch { return "\(error)" }
      }
      #expect(
        refusal { try PublishedClassifier(file, model: Study2019.model, variant: Variant("3LV")) }
          .contains("its shapes are those of a 2LV, not of a 3LV"))
      #expect(
        refusal { try PublishedClassifier(file, model: Study2019.model, variant: Variant("2LBD")) }
          == "opened as 2LBD")
      #expect(
        refusal { try PublishedClassifier(file, model: Study2019.model, labels: ["a", "b", "c"]) }
          .contains("gives 2 classes, not 3"))
      #expect(
        refusal { try PublishedClassifier(file, model: Study2019.model, labels: ["a", "a"]) }
          .contains("two classes the name 'a'"))
      let cut = folder.appendingPathComponent("cut.safetensors")
      try SafeTensors.write(
        [("clf.weight", Tensor.zeros([2, 7])), ("clf.bias", Tensor.zeros([2]))], to: cut)
      #expect(
        refusal { try PublishedClassifier(cut, model: Study2019.model) }.contains(
          "no classifier of the study"))
      // Rows that take no byte, of which a name each would take all memory.
      for name in ["clf.weight", "embedding.weight", "bert.embeddings.position_embeddings.weight"] {
        let hollow = folder.appendingPathComponent("hollow.safetensors")
        var tensors = [("clf.bias", Tensor.zeros([2])), (name, Tensor.zeros([1 << 40, 0]))]
        if name != "clf.weight" { tensors.append(("clf.weight", Tensor.zeros([2, 256]))) }
        try SafeTensors.write(tensors, to: hollow)
        #expect(
          refusal { try PublishedClassifier(hollow, model: Study2019.model) }.contains(
            "no classifier of the study"))
      }
    }
  }
}
