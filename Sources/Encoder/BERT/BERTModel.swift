import Files
import Checkpoint
import Foundation
import Torch

/// A BERT encoder cut to the blocks that are wanted.
///
/// Parameter names are those of a Hugging Face checkpoint whose blocks are numbered from 0 again.
/// - Source: Devlin et al. 2019, "BERT"; `BertModel` in Hugging Face Transformers.
public final class BERTModel: Module {
  /// What a forward pass gives; the last two only when asked for.
  public struct Output {
    /// `[T,H]`, packed
    public let packed: Tensor
    /// `[B,H]`; nil when the model has no pooler
    public let pooled: Tensor?
    /// K+1 of `[T,H]`, the embeddings first and the sequence output last
    public let hiddenStates: [Tensor]
    /// K of `[B,N,P,P]`
    public let attentions: [Tensor]
    public let batch: PackedTokens

    /// `[B,P,H]`
    public var sequence: Tensor { batch.padded(packed) }
  }

  @Child("embeddings") public var embeddings: BERTEmbeddings
  @Child("encoder.layer") public var blocks: [BERTBlock]
  @Child("pooler.dense") public var pooler: Linear?
  public let config: BERTConfig

  /// The elements are undefined until ``initialize()`` or a checkpoint fills them.
  public init(_ config: BERTConfig, hasPooler: Bool = true) {
    self.config = config
    embeddings = BERTEmbeddings(config)
    blocks = (0..<config.blockCount).map { _ in BERTBlock(config) }
    pooler = hasPooler ? Linear(config.hiddenSize, config.hiddenSize) : nil
  }

  /// Loads a model folder, keeping the chosen blocks.
  /// - Parameters:
  ///   - pooler: whether the model has one, and whether it starts from the checkpoint's; a checkpoint without a pooler
  ///     gives a freshly drawn one.
  ///   - adjusting: changes the configuration before the model is made, such as its dropout.
  /// - Throws: `CheckpointError` naming the file and the tensor that is wrong.
  public convenience init(
    _ checkpoint: Checkpoint, blocks selection: BlockSelection? = nil, pooler: PoolerStart = .pretrained,
    adjusting: (inout BERTConfig) -> Void = { _ in }
  ) throws {
    var config = try BERTConfig(folder: checkpoint.folder)
    let kept = try (selection ?? .first(config.blockCount)).indices(of: config.blockCount)
    config.blockCount = kept.count
    adjusting(&config)
    self.init(config, hasPooler: pooler != .none)
    try checkpoint.load(into: embeddings, prefix: "embeddings.")
    for (block, index) in zip(blocks, kept) {
      try checkpoint.load(into: block, prefix: "encoder.layer.\(index).")
    }
    if let dense = self.pooler {
      if pooler == .pretrained, checkpoint.contains("pooler.dense.weight") {
        try checkpoint.load(into: dense, prefix: "pooler.dense.")
      } else {
        dense.initialize(deviation: config.initializerRange)
      }
    }
  }

  public enum PoolerStart: String, Sendable, CaseIterable, Codable {
    case pretrained, reinitialized, none
  }

  /// The pooled output alone, `[B,H]`.
  /// - Precondition: the model has a pooler.
  public func pooled(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false
  ) -> Tensor {
    pooler!(firstToken(batch, embedded: embedded, dtype: dtype, training: training)).tanh()
  }

  /// The last hidden state of each sequence's first token alone, `[B,H]`: the last block computes nothing else.
  /// - Parameter embedded: the embeddings' output `[T,H]`, for a caller who wants the gradient at it.
  public func firstToken(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false
  ) -> Tensor {
    check(batch)
    let parts = embedded == nil ? parts(of: batch) : [batch]
    let inputs = parts.map { part in  // of the last block
      var x = embedded ?? embeddings(part, dtype: dtype, training: training)
      for block in blocks.dropLast() { x = block(x, part, training: training) }
      return blocks.last?.first(x, part, training: training)
        ?? BERTBlock.FirstTokens(context: x, residual: x.selected(part.starts))
    }
    return blocks.last?.finish(inputs, training: training) ?? .concatenated(inputs.map(\.residual))
  }

  /// - Parameter embedded: the embeddings' output `[T,H]`, for a caller who wants the gradient at it.
  public func callAsFunction(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false,
    keepingHiddenStates: Bool = false, keepingAttentions: Bool = false
  ) -> Output {
    check(batch)
    let parts = keepingAttentions || embedded != nil ? [batch] : parts(of: batch)
    if parts.count > 1 {
      return joined(
        parts.map { self($0, dtype: dtype, training: training, keepingHiddenStates: keepingHiddenStates) },
        batch)
    }
    var x = embedded ?? embeddings(batch, dtype: dtype, training: training)
    var hiddenStates = keepingHiddenStates ? [x] : []
    var attentions: [Tensor] = []
    for block in blocks {
      var runs: [Tensor] = []
      x = block(x, batch, training: training, probabilities: keepingAttentions ? { runs.append($0) } : nil)
      if keepingHiddenStates { hiddenStates.append(x) }
      if keepingAttentions { attentions.append(paddedAttention(runs, batch)) }
    }
    let pooled = pooler.map { $0(x.selected(batch.starts)).tanh() }
    return Output(packed: x, pooled: pooled, hiddenStates: hiddenStates, attentions: attentions, batch: batch)
  }

  /// The queries and keys `[T,H]` of a block, from the hidden states that entered it.
  public func queriesAndKeys(block: Int, _ x: Tensor) -> (queries: Tensor, keys: Tensor) {
    (blocks[block].query(x), blocks[block].key(x))
  }

  /// Keeps the weights of all blocks and of the pooler in this type alone, as inference in it needs them; embeddings,
  /// biases and LayerNorms stay as they are. Training in bfloat16 needs the float32 weights.
  public func keepWeights(as dtype: DType) {
    for layer in blocks.flatMap(\.linears) + (pooler.map { [$0] } ?? []) { layer.keepWeight(as: dtype) }
  }

  /// No sequence reads another, so inference on the CPU takes a few at a time: the peak of memory no longer grows with
  /// the batch, and what one operation leaves is still in the cache for the next.
  private func parts(of batch: PackedTokens) -> [PackedTokens] {
    guard case .cpu = embeddings.words.weight.device, !recordsGradients else { return [batch] }
    return batch.parts(ofAtMost: max(512, 400_000 / config.hiddenSize))
  }

  private func joined(_ outputs: [Output], _ batch: PackedTokens) -> Output {
    Output(
      packed: .concatenated(outputs.map(\.packed)),
      pooled: pooler == nil ? nil : .concatenated(outputs.map { $0.pooled! }),
      hiddenStates: outputs[0].hiddenStates.indices.map { i in
        .concatenated(outputs.map { $0.hiddenStates[i] })
      },
      attentions: [], batch: batch)
  }

  private func check(_ batch: PackedTokens) {
    precondition(
      batch.longest <= config.maximumPositions,
      "a sequence of \(batch.longest) tokens does not fit \(config.maximumPositions) positions")
  }

  /// Draws every weight as BERT's pretraining started.
  public func initialize() {
    embeddings.initialize(deviation: config.initializerRange)
    for block in blocks { block.initialize() }
    pooler?.initialize(deviation: config.initializerRange)
  }

  /// Runs of `[n,N,L,L]` → `[B,N,P,P]`, zeros beyond each sequence.
  private func paddedAttention(_ runs: [Tensor], _ batch: PackedTokens) -> Tensor {
    let longest = batch.longest
    return Tensor.concatenated(
      zip(runs, batch.runs).map { weights, run in
        if run.length == longest { return weights }
        let (n, heads) = (run.count, config.headCount)
        let right = Tensor.zeros([n, heads, run.length, longest - run.length], dtype: weights.dtype)
        let below = Tensor.zeros([n, heads, longest - run.length, longest], dtype: weights.dtype)
        return .concatenated([.concatenated([weights, right], along: 3), below], along: 2)
      })
  }
}
