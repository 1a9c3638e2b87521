import Checkpoint
import Corpus
import Encoder
import Files
import Foundation
import Torch
import WordPiece

/// Masked-language modelling: a new BERT from scratch, or further pretraining on a user's own text.
public struct Pretrainer {
  public struct Options: Sendable, Codable, Hashable {
    public var epochs = 3
    public var batchSize = 32
    public var learningRate = 1e-4
    public var warmup = 0.05
    public var weightDecay = 0.01
    public var maskedShare = 0.15
    public var maximumLength = 128
    /// Share of the passages on which the loss is measured and nothing is learned
    public var heldOutShare = 0.0
    public var seed: UInt64 = 1
    public var precision = TrainingOptions.Precision.fp32
    public var cleaning = TextCleaning.markup

    enum CodingKeys: String, CodingKey {
      case epochs, warmup, seed, precision, cleaning
      case batchSize = "batch_size"
      case learningRate = "learning_rate"
      case weightDecay = "weight_decay"
      case maskedShare = "masked_share"
      case maximumLength = "max_length"
      case heldOutShare = "held_out_share"
    }

    public init() {}

    var training: TrainingOptions {
      var training = TrainingOptions()
      training.epochs = epochs
      training.batchSize = batchSize
      training.bertLearningRate = learningRate
      training.headLearningRate = learningRate
      training.weightDecay = weightDecay
      training.schedule = .linear
      training.warmup = warmup
      training.clipNorm = 1
      training.seed = seed
      training.precision = precision
      return training
    }
  }

  /// What a pretraining is made from: a stopped one goes on only with the same.
  private struct Identity: Encodable {
    let options: Options
    let model: String
    let passages: String
  }

  private let objective: MaskedLanguageObjective
  private let training: TrainingOptions
  private let folder: URL
  private let identity: String
  /// Passages that are learned from, those that are held out, and tokens that a length limit cut off
  public let trained: Int
  public let heldOut: Int
  public let cutTokens: Int

  /// - Parameters:
  ///   - passages: raw texts.
  ///   - modelDigest: of the model that goes on, or of what a new one is made from.
  /// - Throws: `FathomError` when the vocabulary has no [MASK] or no passage has a word.
  public init(
    _ model: MaskedLanguageModel, _ tokenizer: any Tokenizing, _ options: Options, device: Device = .cpu,
    passages: [String], modelDigest: String, folder: URL
  ) throws {
    guard tokenizer.maskTokenID != nil else {
      throw FathomError(
        .unsupported, "the vocabulary has no [MASK]",
        mend: "masked-language modelling needs one: choose another \(.model)")
    }
    let texts = passages.map(options.cleaning.callAsFunction)
    let whole = tokenizer.encode(texts, maximumLength: Int(Int32.max)).map(\.count)
    let all = tokenizer.encode(texts, maximumLength: options.maximumLength)
    cutTokens = zip(whole, all).reduce(0) { $0 + max(0, $1.0 - $1.1.count) }
    let sequences = all.filter { $0.count > 2 }
    guard !sequences.isEmpty else {
      throw FathomError(.data, "the text has no words", mend: "bring another \(.text)")
    }
    var generator = SeededGenerator(seed: options.seed)
    let order = sequences.indices.shuffled(using: &generator)
    heldOut = min(sequences.count - 1, Int((Double(sequences.count) * options.heldOutShare).rounded()))
    let held = Set(order.prefix(heldOut))
    trained = sequences.count - heldOut
    var training = options.training
    training.device = device
    self.training = training
    self.folder = folder
    objective = MaskedLanguageObjective(
      model, tokenizer, options, device: device,
      train: sequences.indices.filter { !held.contains($0) }.map { sequences[$0] },
      heldOut: held.sorted().map { sequences[$0] })
    let digest = Data(passages.map { "\($0.utf8.count) \($0)" }.joined(separator: "\n").utf8).sha256
    identity =
      RunSettings.canonicalJSON(Identity(options: options, model: modelDigest, passages: digest)).sha256
  }

  /// Trains to the end, saving model and state after each epoch.
  /// - Returns: what each epoch did; losses are means over masked tokens, in nats.
  /// - Throws: when the folder holds the state of another run.
  public func run(progress: @escaping Trainer.Progress = { _ in .more }) throws -> [EpochRecord] {
    let trainer = try Trainer(objective, training, folder: folder, identity: identity, progress: progress)
    let epochs = try trainer.run().epochs
    trainer.removeState()
    return epochs
  }
}
