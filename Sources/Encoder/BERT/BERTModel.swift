import Checkpoint
import Files
import Foundation
import Torch

/// A BERT encoder cut to the blocks that are wanted.
///
/// Parameter names are those of a Hugging Face checkpoint whose blocks are numbered from 0 again.
/// - Source: Devlin et al. 2019, "BERT"; `BertModel` in Hugging Face Transformers.
public final class BERTModel: Encoder {
  public typealias Output = EncoderOutput

  public static let modelType = "bert"
  public static let keys = KeyMap.identity

  @Child("embeddings") public var embeddings: BERTEmbeddings
  @Child("encoder.layer") public var blocks: [BERTBlock]
  @Child("pooler.dense") public var pooler: Linear?
  public let config: BERTConfig
  public private(set) var drawnLayers: [String] = []

  /// The elements are undefined until ``initialize()`` or a checkpoint fills them.
  public init(_ config: BERTConfig, hasPooler: Bool = true) {
    self.config = config
    embeddings = BERTEmbeddings(config)
    blocks = (0..<config.blockCount).map { _ in BERTBlock(config) }
    pooler = hasPooler ? Linear(config.hiddenSize, config.hiddenSize) : nil
  }

  /// Loads a model folder, keeping the chosen blocks; a pooler that the checkpoint lacks is drawn, and named
  /// in ``drawnLayers``.
  /// - Throws: `FathomError` naming the file and the tensor that is wrong.
  public convenience init(_ checkpoint: Checkpoint, options: EncoderOptions) throws {
    var config = try BERTConfig(checkpoint)
    let kept = try (options.blocks ?? .first(config.blockCount)).indices(of: config.blockCount)
    config.blockCount = kept.count
    config.hiddenDropout = options.hiddenDropout ?? config.hiddenDropout
    config.attentionDropout = options.attentionDropout ?? config.attentionDropout
    self.init(config, hasPooler: options.pooler != .none)
    try checkpoint.load(into: embeddings, prefix: "embeddings.", keys: Self.keys)
    for (block, index) in zip(blocks, kept) {
      try checkpoint.load(into: block, prefix: "encoder.layer.\(index).", keys: Self.keys)
    }
    guard let pooler else { return }
    if options.pooler == .pretrained, checkpoint.contains(Self.keys.stored("pooler.dense.weight")) {
      try checkpoint.load(into: pooler, prefix: "pooler.dense.", keys: Self.keys)
    } else if options.pooler == .ones {
      pooler.weight.fill(1)
      pooler.bias.fill(0)
    } else {
      pooler.initialize(deviation: config.initializerRange)
      if options.pooler == .pretrained { drawnLayers = ["pooler.dense"] }
    }
  }

  public var wordEmbeddings: Embedding { embeddings.words }
  public var hasPooler: Bool { pooler != nil }

  public func embedded(_ batch: PackedTokens, dtype: DType, training: Bool) -> Tensor {
    embeddings(batch, dtype: dtype, training: training)
  }

  public func callAsFunction(
    _ batch: PackedTokens, reading: EncoderReading, embedded: Tensor? = nil, dtype: DType = .float32,
    training: Bool = false
  ) -> EncoderOutput {
    switch reading {
    case .firstToken, .pooledFirstToken:
      let first = firstTokens(batch, embedded: embedded, dtype: dtype, training: training)
      let pooled = reading == .pooledFirstToken ? pool(first) : nil
      return EncoderOutput(batch: batch, first: first, pooled: pooled)
    case .tokens, .allStates:
      return self(
        batch, embedded: embedded, dtype: dtype, training: training,
        keepingHiddenStates: reading == .allStates, pooling: false)
    }
  }

  /// The pooled output alone, `[B,H]`.
  /// - Precondition: the model has a pooler.
  public func pooled(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false
  ) -> Tensor {
    pool(firstTokens(batch, embedded: embedded, dtype: dtype, training: training))!
  }

  /// Everything there is to see.
  public func callAsFunction(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false,
    keepingHiddenStates: Bool = false, keepingAttentions: Bool = false, pooling: Bool = true
  ) -> EncoderOutput {
    check(batch)
    let parts = keepingAttentions || embedded != nil ? [batch] : parts(of: batch)
    if parts.count > 1 {
      let outputs = parts.map {
        self(
          $0, dtype: dtype, training: training, keepingHiddenStates: keepingHiddenStates, pooling: pooling)
      }
      return joined(outputs, batch)
    }
    var x = embedded ?? embeddings(batch, dtype: dtype, training: training)
    var hiddenStates = keepingHiddenStates ? [x] : []
    var attentions: [Tensor] = []
    for block in blocks {
      var runs: [Tensor] = []
      x = block(x, batch, training: training, probabilities: keepingAttentions ? { runs.append($0) } : nil)
      if keepingHiddenStates { hiddenStates.append(x) }
      if keepingAttentions { attentions.append(batch.padded(attention: runs)) }
    }
    return EncoderOutput(
      batch: batch, pooled: pooling ? pool(x.selected(batch.starts)) : nil, tokens: x,
      hiddenStates: hiddenStates, attentions: attentions)
  }

  public func everything(_ batch: PackedTokens) -> EncoderOutput {
    self(batch, keepingHiddenStates: true, keepingAttentions: true)
  }

  public func queriesAndKeys(block: Int, _ x: Tensor) -> (queries: Tensor, keys: Tensor) {
    (blocks[block].attention.query(x), blocks[block].attention.key(x))
  }

  /// Keeps the weights of all blocks and of the pooler in this type alone, as inference in it needs them;
  /// embeddings, biases and LayerNorms stay as they are. Training in bfloat16 needs the float32 weights.
  public func keepWeights(as dtype: DType) {
    for layer in blocks.flatMap(\.linears) + (pooler.map { [$0] } ?? []) { layer.keepWeight(as: dtype) }
  }

  /// Draws every weight as BERT's pretraining started.
  public func initialize() {
    embeddings.initialize(deviation: config.initializerRange)
    for block in blocks { block.initialize(deviation: config.initializerRange) }
    pooler?.initialize(deviation: config.initializerRange)
  }
}

extension BERTModel {
  /// The last hidden state of each [CLS], `[B,H]`: the last block computes nothing else.
  private func firstTokens(
    _ batch: PackedTokens, embedded: Tensor?, dtype: DType, training: Bool
  ) -> Tensor {
    check(batch)
    let parts = embedded == nil ? parts(of: batch) : [batch]
    let inputs = parts.map { part in  // of the last block
      var x = embedded ?? embeddings(part, dtype: dtype, training: training)
      for block in blocks.dropLast() { x = block(x, part, training: training) }
      return blocks.last?.firstTokens(x, part, training: training)
        ?? BERTBlock.FirstTokens(context: nil, residual: x.selected(part.starts))
    }
    return blocks.last?.finish(inputs, training: training) ?? .concatenated(inputs.map(\.residual))
  }

  /// `tanh(W x + b)`: `[B,H]` → `[B,H]`
  private func pool(_ first: Tensor) -> Tensor? { pooler.map { $0(first).tanh() } }

  /// No sequence reads another, so inference on the CPU takes a few at a time: the peak of memory no longer
  /// grows with the batch, and what one operation leaves is still in the cache for the next.
  private func parts(of batch: PackedTokens) -> [PackedTokens] {
    guard case .cpu = embeddings.words.weight.device, !recordsGradients else { return [batch] }
    return batch.parts(ofAtMost: max(512, 400_000 / config.hiddenSize))
  }

  private func joined(_ outputs: [EncoderOutput], _ batch: PackedTokens) -> EncoderOutput {
    let pooled = outputs.compactMap(\.pooled)
    return EncoderOutput(
      batch: batch, pooled: pooled.isEmpty ? nil : .concatenated(pooled),
      tokens: .concatenated(outputs.map(\.packed)),
      hiddenStates: outputs[0].hiddenStates.indices.map { index in
        .concatenated(outputs.map { $0.hiddenStates[index] })
      })
  }

  private func check(_ batch: PackedTokens) {
    precondition(
      batch.longest <= config.maximumPositions,
      "a sequence of \(batch.longest) tokens does not fit \(config.maximumPositions) positions")
  }
}

extension BERTModel {
  /// Loads a model folder, keeping the chosen blocks.
  /// - Throws: `FathomError` naming the file and the tensor that is wrong.
  public convenience init(
    _ checkpoint: Checkpoint, blocks: BlockSelection? = nil, pooler: EncoderPooler = .pretrained
  ) throws { try self.init(checkpoint, options: EncoderOptions(blocks: blocks, pooler: pooler)) }
}
