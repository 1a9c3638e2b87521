import Checkpoint
@testable import Encoder
import Files
import Fixtures
import Foundation
import Testing
import Torch

// The code of Sources/Encoder/Encoder.docc/AddingAnEncoder.md.

struct WordsConfig: EncoderConfig {
  var vocabularySize = 0
  var hiddenSize = 0
  var blockCount = 0
  var headCount = 1
  var maximumPositions = 512
  var initializerRange = 0.02
  var json: [String: Any] {
    ["model_type": "words", "vocab_size": vocabularySize, "hidden_size": hiddenSize]
  }

  init(_ file: ConfigFile) throws {
    vocabularySize = try file.size("vocab_size", in: 1...10_000_000)
    hiddenSize = try file.size("hidden_size", in: 1...65536)
  }
}

final class WordsModel: Encoder {
  static let modelType = "words"
  static let keys = KeyMap([("words.", "embeddings.word_embeddings.")])

  @Child("words") var wordEmbeddings: Embedding
  let config: WordsConfig
  let hasPooler = false
  let drawnLayers: [String] = []

  init(_ checkpoint: Checkpoint, options: EncoderOptions) throws {
    config = try WordsConfig(checkpoint.config)
    wordEmbeddings = Embedding(config.vocabularySize, config.hiddenSize)
    try checkpoint.load(into: self, keys: Self.keys)
  }

  func embedded(_ batch: PackedTokens, dtype: DType, training: Bool) -> Tensor {
    wordEmbeddings(batch.ids).to(dtype)  // [T,H]
  }

  func callAsFunction(
    _ batch: PackedTokens, reading: EncoderReading, embedded: Tensor?, dtype: DType, training: Bool
  ) -> EncoderOutput {
    let tokens = embedded ?? self.embedded(batch, dtype: dtype, training: training)
    return EncoderOutput(batch: batch, tokens: tokens, hiddenStates: [tokens])
  }

  func queriesAndKeys(block: Int, _ x: Tensor) -> (queries: Tensor, keys: Tensor) {
    preconditionFailure("there is no block to look into")
  }

  func keepWeights(as dtype: DType) {}

  func initialize() { wordEmbeddings.initialize(deviation: config.initializerRange) }
}

@Suite struct EncoderArticleTests {
  @Test func `the article's code is this file's`() throws {
    let code = try Fixtures.articleCode("Encoder/Encoder.docc/AddingAnEncoder.md")
    #expect(try !code.isEmpty && String(contentsOfFile: #filePath, encoding: .utf8).contains(code))
  }

  @Test func `the article's encoder opens a checkpoint and gives every token its vector`() throws {
    try Fixtures.withFolder { folder in
      try SafeTensors.write(
        [
          (
            "embeddings.word_embeddings.weight",
            Tensor([Float](stride(from: 0, to: 12, by: 1)), shape: [6, 2])
          )
        ],
        to: folder.appendingPathComponent("model.safetensors"))
      try Data(#"{"model_type": "words", "vocab_size": 6, "hidden_size": 2}"#.utf8)
        .write(to: folder.appendingPathComponent("config.json"))
      let encoder: any Encoder = try WordsModel(Checkpoint(folder: folder), options: EncoderOptions())
      let output = withoutGradients {
        encoder(
          PackedTokens([[5, 0], [3]]), reading: .tokens, embedded: nil, dtype: .float32, training: false)
      }
      #expect(output.features(.tokens).array(Float.self) == [10, 11, 0, 1, 6, 7])
      #expect(output.features(.firstToken).array(Float.self) == [10, 11, 6, 7])
      let everything = withoutGradients { encoder.everything(PackedTokens([[5, 0], [3]])) }
      #expect(everything.hiddenStates.count == 1 && everything.attentions.isEmpty && everything.pooled == nil)
      let refused = #expect(throws: FathomError.self) { try MaskedLanguageModel(encoder, at: "words-model") }
      #expect(refused?.code == .unsupported && refused?.description.contains("the family 'words'") == true)
    }
  }
}
