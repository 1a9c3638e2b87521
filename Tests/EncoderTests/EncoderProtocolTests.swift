import Checkpoint
import Encoder
import Files
import Fixtures
import Foundation
import Testing
import Torch

@Suite struct EncoderProtocolTests {
  private func model(blocks: Int = 2, ties: Bool = true, activation: BERTConfig.Activation = .gelu)
    -> BERTModel
  {
    RandomState.seed(1)
    var config = BERTConfig(
      vocabularySize: 50, hiddenSize: 16, blockCount: blocks, headCount: 1, intermediateSize: 32,
      activation: activation, maximumPositions: 20)
    config.tiesWordEmbeddings = ties
    let model = BERTModel(config)
    model.initialize()
    return model
  }

  private func values(_ x: Tensor?) -> [Float] { x?.array(Float.self) ?? [] }

  @Test(arguments: [true, false])
  func `every reading gives the same vectors`(isFused: Bool) throws {
    let encoder: any Encoder = model()
    if isFused { checkReadings(encoder) } else { Fused.disabled { checkReadings(encoder) } }
  }

  private func checkReadings(_ encoder: any Encoder) {
    let batch = PackedTokens([[1, 5, 9, 2], [3, 4]])
    withoutGradients {
      func read(_ reading: EncoderReading) -> EncoderOutput {
        encoder(batch, reading: reading, embedded: nil, dtype: .float32, training: false)
      }
      let all = read(.allStates)
      #expect(all.hiddenStates.count == 3)
      #expect(values(all.hiddenStates.last) == values(all.packed))
      #expect(isClose(values(read(.tokens).packed), values(all.packed), within: 1e-5))
      #expect(isClose(values(read(.firstToken).firstTokens), values(all.firstTokens), within: 1e-5))
      #expect(values(read(.pooledFirstToken).pooled).count == 32)
      #expect(read(.firstToken).pooled == nil)
    }
  }

  @Test func `reading the first token alone leaves out the last block's other tokens`() {
    let encoder = model(blocks: 1)
    let batch = PackedTokens([[Int32](repeating: 3, count: 20)])
    func operations(_ reading: EncoderReading) -> Double {
      OperationCounter.count { withoutGradients { _ = encoder(batch, reading: reading) } }
    }
    // Of 20 tokens: keys and values; of one: query, attention, output, and the feed-forward net.
    let (tokens, hidden, inner) = (20.0, 16.0, 32.0)
    let once = 2 * (2 * hidden * hidden + 2 * hidden * inner) + 4 * tokens * hidden
    #expect(operations(.firstToken) == tokens * 4 * hidden * hidden + once)
    #expect(operations(.tokens) > 3 * operations(.firstToken))
  }

  @Test func `the second text of a pair has embeddings of its own`() {
    let encoder = model()
    let ids: [[Int32]] = [[1, 5, 2, 6, 2]]
    withoutGradients {
      let plain = values(encoder(PackedTokens(ids), reading: .tokens).packed)
      let zeros = values(encoder(PackedTokens(ids, segments: [[0, 0, 0, 0, 0]]), reading: .tokens).packed)
      let pair = values(encoder(PackedTokens(ids, segments: [[0, 0, 0, 1, 1]]), reading: .tokens).packed)
      #expect(isClose(zeros, plain, within: 1e-5))
      #expect(!isClose(pair, plain, within: 1e-3))
    }
  }

  private func write(_ model: BERTModel, _ extra: [(name: String, tensor: Tensor)] = [], to folder: URL)
    throws
  {
    let weights = model.namedParameters().map {
      (name: "bert." + $0.name, tensor: $0.parameter.wrappedValue.detached())
    }
    try SafeTensors.write(weights + extra, to: folder.appendingPathComponent("model.safetensors"))
    try JSONSerialization.data(withJSONObject: model.config.json)
      .write(to: folder.appendingPathComponent("config.json"))
  }

  @Test func `a pooler that the checkpoint lacks is drawn, and said`() throws {
    try Fixtures.withFolder { folder in
      let whole = model()
      whole.pooler = nil
      try write(whole, to: folder)
      let checkpoint = try Checkpoint(folder: folder)
      #expect(try EncoderRegistry.open(checkpoint).drawnLayers == ["pooler.dense"])
      #expect(try EncoderRegistry.open(checkpoint, options: EncoderOptions(pooler: .none)).drawnLayers == [])
      #expect(try EncoderRegistry.config(folder: folder).blockCount == 2)
    }
  }

  @Test func `an unknown family is refused by name`() throws {
    try Fixtures.withFolder { folder in
      try Data(#"{"model_type": "xlnet"}"#.utf8).write(to: folder.appendingPathComponent("config.json"))
      let error = #expect(throws: FathomError.self) { try EncoderRegistry.config(folder: folder) }
      #expect(error?.code == .unsupported && error?.description.contains("xlnet") == true)
    }
  }

  @Test func `an untied decoder and the decoder's bias are read`() throws {
    try Fixtures.withFolder { folder in
      let bert = model(ties: false, activation: .relu)
      let head: [(name: String, tensor: Tensor)] = [
        ("cls.predictions.transform.dense.weight", .full(0, [16, 16])),
        ("cls.predictions.transform.dense.bias", .full(-1, [16])),
        ("cls.predictions.transform.LayerNorm.weight", .full(0, [16])),
        ("cls.predictions.transform.LayerNorm.bias", .full(1, [16])),
        ("cls.predictions.decoder.weight", .full(0.5, [50, 16])),
        ("cls.predictions.decoder.bias", .full(2, [50])),
      ]
      try write(bert, head, to: folder)
      let checkpoint = try Checkpoint(folder: folder)
      let mlm = try MaskedLanguageModel(checkpoint)
      #expect(!mlm.headIsNew)
      let logits = withoutGradients {
        mlm(PackedTokens([[1, 2, 3]]), places: Tensor([Int64(1)]), training: false)
      }
      #expect(isClose(values(logits), [Float](repeating: 10, count: 50), within: 1e-5))
      #expect(mlm.namedParameters().contains { $0.name == "cls.predictions.decoder.weight" })
    }
  }
}
