import Checkpoint
import Foundation
import Torch

/// What a classifier needs from an encoder of any family: packed tokens in, vectors out.
///
/// A family is a folder beside `BERT/` and a line in ``EncoderRegistry``.
public protocol Encoder: Module {
  associatedtype Config: EncoderConfig

  /// The family's `model_type` in `config.json`.
  static var modelType: String { get }
  /// The family's names of tensors, to load and to save.
  static var keys: KeyMap { get }

  /// Sizes and rates; ``EncoderConfig/blockCount`` is that of the blocks which are kept.
  var config: Config { get }
  /// The table that token ids are looked up in.
  var wordEmbeddings: Embedding { get }
  var hasPooler: Bool { get }
  /// Layers that the checkpoint lacked and that were drawn from libtorch's generator, such as `pooler.dense`.
  var drawnLayers: [String] { get }

  /// Loads a model folder.
  /// - Throws: `FathomError` naming the file and the tensor that is wrong.
  init(_ checkpoint: Checkpoint, options: EncoderOptions) throws

  /// What the first block reads: `[T,H]`.
  func embedded(_ batch: PackedTokens, dtype: DType, training: Bool) -> Tensor

  /// Computes what is read and little else.
  /// - Parameter embedded: the embeddings' output `[T,H]`, for a caller who wants the gradient at it.
  func callAsFunction(
    _ batch: PackedTokens, reading: EncoderReading, embedded: Tensor?, dtype: DType, training: Bool
  ) -> EncoderOutput

  /// Everything there is to see: ``EncoderOutput/pooled`` where there is a pooler, all hidden states, and the
  /// attentions of a family that has some.
  func everything(_ batch: PackedTokens) -> EncoderOutput

  /// The queries and keys `[T,H]` of a block, from the hidden states that entered it.
  func queriesAndKeys(block: Int, _ x: Tensor) -> (queries: Tensor, keys: Tensor)

  /// Keeps the weights of all blocks in this type alone, as inference in it needs them.
  func keepWeights(as dtype: DType)

  /// Draws every weight as the family's pretraining started.
  func initialize()
}

extension Encoder {
  public func everything(_ batch: PackedTokens) -> EncoderOutput {
    self(batch, reading: .allStates, embedded: nil, dtype: .float32, training: false)
  }
}

/// The sizes and rates that every family has, whatever `config.json` calls them.
public protocol EncoderConfig: Sendable {
  var vocabularySize: Int { get }
  var hiddenSize: Int { get }
  var blockCount: Int { get }
  var headCount: Int { get }
  /// The longest sequence.
  var maximumPositions: Int { get }
  /// The standard deviation of a new layer's weights.
  var initializerRange: Double { get }
  /// The keys of `config.json` that Hugging Face Transformers reads.
  var json: [String: Any] { get }

  /// - Throws: `FathomError` naming the file and the key that is wrong.
  init(_ file: ConfigFile) throws

  /// What `config.json` says, for a family whose files of weights may hold less.
  /// - Throws: `FathomError` naming the file and the key that is wrong.
  init(_ checkpoint: Checkpoint) throws
}

extension EncoderConfig {
  public init(_ checkpoint: Checkpoint) throws { try self.init(checkpoint.config) }
}

/// What is read of an encoder; it decides what is computed.
public enum EncoderReading: Hashable, Sendable {
  /// The pooler's output of each sequence's first token, [CLS]: `[B,H]`
  case pooledFirstToken
  /// The last hidden state of [CLS], without the pooler: `[B,H]`
  case firstToken
  /// The last hidden states of all tokens: `[T,H]`
  case tokens
  /// Those of the embeddings and of every block, side by side: `[T,(K+1)·H]`
  case allStates
}

/// How a checkpoint is opened.
public struct EncoderOptions: Sendable {
  /// nil keeps every block.
  public var blocks: BlockSelection?
  public var pooler: EncoderPooler
  /// nil takes that of config.json.
  public var hiddenDropout: Double?
  public var attentionDropout: Double?

  public init(
    blocks: BlockSelection? = nil, pooler: EncoderPooler = .pretrained, hiddenDropout: Double? = nil,
    attentionDropout: Double? = nil
  ) {
    self.blocks = blocks
    self.pooler = pooler
    self.hiddenDropout = hiddenDropout
    self.attentionDropout = attentionDropout
  }
}

/// Where a pooler's weights come from, or that there is none.
public enum EncoderPooler: String, Sendable, CaseIterable, Codable {
  case pretrained, reinitialized, none
  /// Every weight 1 and every bias 0, as the study of 2019 started it anew: all its features are equal.
  case ones
}
