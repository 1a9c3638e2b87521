@testable import Attention
import Files
import Encoder
import Checkpoint
import Classification
import Fixtures
import Foundation
import Testing
import Torch
import WordPiece

@Suite(.serialized) struct AttentionTests {
  /// A classifier of two blocks, and the folder of the pretrained model that it was cut from.
  private static func withModels(_ body: (_ classifier: TextClassifier, _ pretrained: URL) throws -> Void)
    throws
  {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      RandomState.seed(3)
      try body(try TextClassifier(pretrained: folder, settings: settings("2VA")), folder)
    }
  }

  private static func settings(_ variant: String) throws -> ClassifierSettings {
    ClassifierSettings(variant: try Variant(variant), labels: ["bad", "good"], maximumLength: 32)
  }

  @Test func `weights are those of the model's own attention`() throws {
    try Self.withModels { classifier, _ in
      let ids = classifier.encode(["so very good was the film"])[0]
      let expected = withoutGradients {
        bert(of: classifier)(PackedTokens([ids]), keepingAttentions: true).attentions.map {
          $0.array(Float.self)
        }
      }
      let reading = try AttentionModel(classifier, name: "tiny").read("so very good was the film")
      let length = ids.count
      for block in 0..<2 {
        for head in 0..<2 {
          for token in 0..<length {
            let row = reading.weights(block: block, head: head, from: token)
            #expect(abs(row.reduce(0, +) - 1) < 1e-9)
            let start = (head * length + token) * length
            for (a, b) in zip(row, expected[block][start..<start + length]) {
              #expect(abs(a - Double(b)) < 1e-5)
            }
          }
        }
      }
      let mean = reading.averageWeights(
        [HeadPlace(block: 1, head: 0), HeadPlace(block: 1, head: 1)], from: 2)
      let by = zip(reading.weights(block: 1, head: 0, from: 2), reading.weights(block: 1, head: 1, from: 2))
        .map { ($0 + $1) / 2 }
      #expect(zip(mean, by).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  @Test func `rollout follows attention through the blocks`() throws {
    try Self.withModels { classifier, _ in
      let reading = try AttentionModel(classifier, name: "tiny").read("bad book so very bad")
      let length = reading.tokens.count
      // The plain definition: each block is half attention, half its input.
      var sum = (0..<length).map { i in (0..<length).map { i == $0 ? 1.0 : 0 } }
      for block in 0..<2 {
        let heads = (0..<2).map { HeadPlace(block: block, head: $0) }
        let half = (0..<length).map { i in
          reading.averageWeights(heads, from: i).enumerated().map { 0.5 * ($1 + ($0 == i ? 1 : 0)) }
        }
        sum = half.map { row in (0..<length).map { j in zip(row, sum).reduce(0) { $0 + $1.0 * $1.1[j] } } }
      }
      for (found, expected) in zip(reading.rollout, sum.joined()) {
        #expect(abs(Double(found) - expected) < 1e-5)
      }
    }
  }

  @Test func `gradient times input is what a small step changes`() throws {
    try Self.withModels { classifier, _ in
      let model = try AttentionModel(classifier, name: "tiny")
      let text = model.encode("a very good film")
      let ids = text.encoded.ids
      let reading = try model.read(text)
      let predicted = try #require(reading.prediction)
      let best = classifier.settings.labels.firstIndex(of: predicted.title)!
      #expect(try predicted.title == classifier.predict(["a very good film"])[0].title)
      #expect(abs(predicted.scores.reduce(0, +) - 1) < 1e-9)
      let batch = PackedTokens([ids])
      withoutGradients {
        let embedded = bert(of: classifier).embeddings(batch)
        func logit(_ token: Int, _ factor: Float) -> Double {
          var x = embedded.array(Float.self)
          for d in 0..<16 { x[token * 16 + d] *= factor }
          return Double(
            classifier.network(batch, embedded: Tensor(x, shape: [ids.count, 16])).array(Float.self)[best])
        }
        for token in ids.indices {
          let slope = (logit(token, 1.01) - logit(token, 0.99)) / 0.02
          #expect(abs(slope - reading.attributions[token]) < 2e-3)
        }
      }
      for (_, parameter) in classifier.network.namedParameters() {
        #expect(parameter.wrappedValue.gradient == nil)
      }
    }
  }

  @Test func `the difference to the pretrained model is zero before any training`() throws {
    try Self.withModels { classifier, pretrained in
      let model = try AttentionModel(classifier, name: "tiny")
      let before = try model.origin(pretrained).read(model.encode("the film was so good"))
      #expect(before.prediction == nil && before.attributions.isEmpty)
      let delta = try Highlight(model.read("the film was so good"), Highlight.Options(), minus: before)
      #expect(delta.parts.allSatisfy { abs($0.weight) < 1e-6 })
      for (_, parameter) in bert(of: classifier).blocks[1].namedParameters() {
        parameter.wrappedValue.fillNormal(deviation: 0.5)
      }
      var options = Highlight.Options()
      options.showsSpecialTokens = true  // the differences of all tokens add up to nothing
      let after = try Highlight(model.read("the film was so good"), options, minus: before)
      #expect(after.parts.contains { $0.weight > 1e-4 } && after.parts.contains { $0.weight < -1e-4 })
    }
  }

  @Test func `a bare encoder has weights and no prediction, and what has no attention says so`() throws {
    try Self.withModels { classifier, pretrained in
      let bare = try AttentionModel(folder: pretrained)
      #expect(bare.blockCount == 3 && bare.labels == nil)
      #expect(try bare.read("good").prediction == nil)
      let baseline = try TextClassifier(pretrained: pretrained, settings: Self.settings("baseline-bert"))
      #expect(throws: FathomError.self) { try AttentionModel(baseline, name: "baseline") }
      try Fixtures.withFolder { shallow in
        try writeTinyModel(to: shallow, blocks: 1)
        #expect(throws: FathomError.self) { try AttentionModel(classifier, name: "tiny").origin(shallow) }
      }
    }
  }
}

@Suite struct HighlightTests {
  /// One block, two heads of size 1; from the first token head 0 prefers the second token and head 1 the
  /// last.
  private static func reading(_ tokens: [String], special: [Bool]? = nil, attributions: [Double] = [])
    -> TextReading
  {
    let scores = tokens.indices.map(Float.init)
    let keys = tokens.indices.flatMap { [$0 == 1 ? Float(3) : 0, scores[$0]] }
    return TextReading(
      AlignedText(tokens: tokens), tokens: tokens, isSpecial: special ?? tokens.map { $0.hasPrefix("[") },
      blocks: [TextReading.Block(queries: keys.map { _ in 1 }, keys: keys)], headCount: 2, headSize: 1,
      rollout: [Float](repeating: 1 / Float(tokens.count), count: tokens.count * tokens.count),
      prediction: nil,
      attributions: attributions)
  }

  @Test func `words are joined from their pieces and weigh their sum`() {
    let reading = Self.reading(["[CLS]", "un", "##for", "##get", "film", "[SEP]"])
    #expect(reading.words == [0, 1, 1, 1, 2, 3])
    var options = Highlight.Options()
    let pieces = Highlight(reading, options).parts
    #expect(pieces.map(\.text) == ["un", "for", "get", "film"])
    #expect(pieces.map(\.isSpaced) == [false, false, false, true])
    options.joinsWords = true
    let words = Highlight(reading, options).parts
    #expect(words.map(\.text) == ["unforget", "film"])
    #expect(abs(words[0].weight - pieces[0..<3].reduce(0) { $0 + $1.weight }) < 1e-12)
    options.showsSpecialTokens = true
    #expect(Highlight(reading, options).parts.map(\.text) == ["[CLS]", "unforget", "film", "[SEP]"])
  }

  @Test func `bands are fifths of the normalised weight`() {
    let reading = Self.reading(["[CLS]", "a", "b", "c", "d", "e", "[SEP]"])
    var options = Highlight.Options()
    options.method = .layerHead
    options.head = 1
    let parts = Highlight(reading, options).parts
    #expect(parts.first!.normalized == 0 && parts.last!.normalized == 1)
    #expect(parts.first!.band == 0 && parts.last!.band == 4)
    for part in parts { #expect(part.band == min(4, Int(part.normalized / 0.2))) }
    options.normalization = .zScore
    let scored = Highlight(reading, options).parts
    let mean = scored.reduce(0) { $0 + $1.weight } / 5
    for part in scored where part.weight <= mean { #expect(part.normalized == 0) }
    #expect(scored.last!.normalized == 1)
  }

  @Test func `each method takes its own weights`() {
    let reading = Self.reading(["[CLS]", "a", "b", "[SEP]"], attributions: [0, -2, 1, 0])
    func weights(_ method: HighlightMethod, head: Int = 0, heads: [Int] = []) -> [Double] {
      var options = Highlight.Options()
      options.method = method
      options.head = head
      options.heads = heads.map { HeadPlace(block: 0, head: $0) }
      return Highlight(reading, options).parts.map(\.weight)
    }
    #expect(weights(.layerHead)[0] > weights(.layerHead)[1])
    #expect(weights(.layerHead, head: 1)[0] < weights(.layerHead, head: 1)[1])
    #expect(weights(.custom, heads: [0]) == weights(.layerHead))
    #expect(weights(.custom, heads: [0, 1]) == weights(.layerAverage))
    #expect(weights(.firstLayerAverage) == weights(.lastLayerAverage))
    #expect(weights(.rollout) == [0.25, 0.25])
    var options = Highlight.Options()
    options.method = .gradientTimesInput
    let signed = Highlight(reading, options).parts
    #expect(
      signed.map(\.weight) == [-2, 1] && signed.map(\.normalized) == [1, 0],
      "strength counts, whatever the sign")
  }
}
