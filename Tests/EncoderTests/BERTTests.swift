import Files
import Encoder
import Checkpoint
import Fixtures
import Foundation
import Testing
import Torch

@Suite struct BlockSelectionTests {
  @Test func `selections name the blocks they say`() throws {
    #expect(try BlockSelection.first(3).indices(of: 6) == [0, 1, 2])
    #expect(try BlockSelection.last(2).indices(of: 6) == [4, 5])
    #expect(try BlockSelection.alternating(3).indices(of: 6) == [0, 2, 4])
    #expect(try BlockSelection.alternating(6).indices(of: 6) == [0, 1, 2, 3, 4, 5])
    #expect(try BlockSelection.list([0, 2, 5]).indices(of: 6) == [0, 2, 5])
    for count in [0, 6] {
      #expect(try BlockSelection.first(count).indices(of: 6) == BlockSelection.last(count).indices(of: 6))
    }
  }

  @Test(arguments: [
    BlockSelection.first(7), .last(-1), .alternating(9), .list([6]), .list([-1]), .list([2, 1]),
    .list([1, 1]),
  ])
  func `impossible selections are errors`(selection: BlockSelection) {
    #expect(throws: FathomError.self) { try selection.indices(of: 6) }
  }
}

@Suite struct PackedTokensTests {
  @Test func `padding puts each token in its row and zeros elsewhere`() {
    let batch = PackedTokens([[1, 2], [3], [4, 5, 6]])
    let x = Tensor((1...6).map(Float.init), shape: [6, 1])
    #expect(batch.padded(x).array() == [1, 2, 0, 3, 0, 0, 4, 5, 6] as [Float])
    #expect(batch.padded(x, length: 4).shape == [3, 4, 1])
    #expect(batch.starts.array() == [0, 2, 3] as [Int64])
    #expect(batch.positions.array() == [0, 1, 0, 0, 1, 2] as [Int64])
  }
}

@Suite struct BERTModelTests {
  private static func model() -> BERTModel {
    RandomState.seed(1)
    let model = BERTModel(
      BERTConfig(
        vocabularySize: 50, hiddenSize: 16, blockCount: 2, headCount: 2, intermediateSize: 32,
        maximumPositions: 20))
    model.initialize()
    return model
  }

  @Test func `a batch taken in parts gives what it gives as one`() {
    let model = Self.model()
    // 587 tokens: two parts
    let batch = PackedTokens((0..<60).map { row in [1] + (0..<Int32(row % 19)).map { $0 + 3 } })
    let whole = model(batch, keepingHiddenStates: true)
    withoutGradients {
      let parted = model(batch, keepingHiddenStates: true)
      #expect(parted.packed.shape == [batch.tokenCount, 16] && parted.hiddenStates.count == 3)
      for (a, b) in zip(parted.hiddenStates + [parted.pooled!], whole.hiddenStates + [whole.pooled!]) {
        #expect(isClose(a.array(Float.self), b.detached().array(Float.self), within: 1e-5))
      }
      #expect(
        isClose(
          model.pooled(batch).array(Float.self), whole.pooled!.detached().array(Float.self), within: 1e-5))
    }
  }

  @Test func `a sequence's outputs do not depend on its neighbours`() {
    let model = Self.model()
    let (a, b): ([Int32], [Int32]) = ([1, 5, 9, 2], [3, 4])
    withoutGradients {
      let alone = model(PackedTokens([a])).packed.array(Float.self)
      for batch in [[a, b], [b, a], [a, a], [b, a, a, b]] {
        let output = model(PackedTokens(batch))
        let row = batch.firstIndex(of: a)!
        let found = output.sequence.narrowed(0, from: row, count: 1).narrowed(1, from: 0, count: 4)
          .contiguous().array(Float.self)
        #expect(isClose(found, alone, within: 1e-5))
      }
    }
  }

  @Test func `training with the attention dropout path off equals inference`() {
    var config = Self.model().config
    (config.hiddenDropout, config.attentionDropout) = (0, 0)
    let model = BERTModel(config)
    RandomState.seed(1)
    model.initialize()
    let batch = PackedTokens([[1, 2, 3], [4, 5, 6], [7]])
    let kept = withoutGradients { model(batch, keepingAttentions: true) }
    let plain = withoutGradients { model(batch, training: true) }
    #expect(isClose(kept.packed.array(), plain.packed.array(), within: 1e-5))
    let sums = kept.attentions[0].sum(along: 3).array(Float.self)
    #expect(sums.allSatisfy { abs($0 - 1) < 1e-5 || $0 == 0 })
  }

  @Test func `bf16 follows fp32`() {
    let model = Self.model()
    let batch = PackedTokens([[1, 2, 3, 4], [5, 6]])
    let (full, half) = withoutGradients {
      (model(batch).pooled!, model(batch, dtype: .bfloat16).pooled!.to(.float32))
    }
    #expect(half.dtype == .float32 && isClose(half.array(), full.array(), within: 0.03))
  }

  @Test func `parameter names are the checkpoint's`() {
    let names = Set(Self.model().namedParameters().map(\.name))
    #expect(names.contains("encoder.layer.1.attention.self.query.weight"))
    #expect(names.contains("embeddings.LayerNorm.bias") && names.contains("pooler.dense.weight"))
    #expect(names.count == 5 + 2 * 16 + 2)
  }

  @Test func `the masked-language model's decoder shares the embeddings`() {
    let mlm = MaskedLanguageModel(Self.model())
    let logits = mlm(PackedTokens([[1, 2, 3]]), places: Tensor([Int64(1)]), training: false)
    #expect(logits.shape == [1, 50])
    logits.crossEntropy(Tensor([Int64(2)])).backward()
    #expect(mlm.bert.embeddings.words.weight.gradient != nil)
    #expect(!mlm.namedParameters().contains { $0.name.contains("decoder") })
  }
}

@Suite struct BERTConfigTests {
  private static let sizes: [String: String] = [
    "vocab_size": "9", "hidden_size": "4", "num_hidden_layers": "1", "num_attention_heads": "2",
    "intermediate_size": "4",
  ]

  private func config(_ text: String) throws -> BERTConfig {
    try Fixtures.withFolder { folder in
      try Data(text.utf8).write(to: folder.appendingPathComponent("config.json"))
      return try BERTConfig(ConfigFile(folder: folder))
    }
  }

  private func config(_ key: String, _ value: String) throws -> BERTConfig {
    let members = Self.sizes.merging([key: value]) { $1 }.map { "\"\($0)\": \($1)" }
    return try config("{" + members.joined(separator: ", ") + "}")
  }

  @Test(arguments: ["", "[]", "{}", "7", "null", "{\"vocab_size\": 9", "[[[["])
  func `a file that is no configuration is refused`(text: String) {
    let error = #expect(throws: FathomError.self) { try config(text) }
    #expect(error?.description.contains("config.json") == true)
  }

  @Test(arguments: [
    ("model_type", #""roberta""#), ("hidden_size", "5"), ("vocab_size", "-9"), ("vocab_size", "true"),
    ("vocab_size", #""many""#), ("vocab_size", "9.5"), ("num_attention_heads", "0"),
    ("num_hidden_layers", "1e400"), ("num_hidden_layers", "99999999999999999999"),
    ("hidden_act", #""swish""#), ("hidden_act", "7"), ("hidden_dropout_prob", "2"),
    ("layer_norm_eps", "[1]"), ("is_decoder", "true"), ("is_decoder", "1"),
    ("add_cross_attention", "true"), ("pruned_heads", #"{"0": [1]}"#),
    ("position_embedding_type", #""relative_key""#), ("tie_word_embeddings", #""no""#),
  ])
  func `a value that cannot be used names the file`(key: String, value: String) {
    let error = #expect(throws: FathomError.self) { try config(key, value) }
    #expect(error?.description.contains("config.json") == true)
    #expect(error?.description.contains(key) == true)
  }

  @Test func `what is missing or null has Transformers' default`() throws {
    let found = try config("is_decoder", "null")
    #expect(found.maximumPositions == 512 && found.tokenTypeCount == 2 && found.activation == .gelu)
    #expect(found.tiesWordEmbeddings)
    #expect(try !config("tie_word_embeddings", "false").tiesWordEmbeddings)
  }
}
