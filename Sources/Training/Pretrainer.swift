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
  /// Passages that are learned from, and those that are held out
  public let trained: Int
  public let heldOut: Int
  /// What they are cut into, so that nothing of a long passage is lost
  public let sequenceCount: Int

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
    let passages = tokenizer.encode(texts, maximumLength: Int(Int32.max)).filter { $0.count > 2 }
    guard !passages.isEmpty else {
      throw FathomError(.data, "the text has no words", mend: "bring another \(.text)")
    }
    var generator = SeededGenerator(seed: options.seed)
    let order = passages.indices.shuffled(using: &generator)
    heldOut = min(passages.count - 1, Int((Double(passages.count) * options.heldOutShare).rounded()))
    let held = Set(order.prefix(heldOut))
    trained = passages.count - heldOut
    // A passage is on one side as a whole.
    func sequences(_ isHeldOut: Bool) -> [[Int32]] {
      passages.indices.filter { held.contains($0) == isHeldOut }
        .flatMap { Pretrainer.cut(passages[$0], to: options.maximumLength) }
    }
    let (learned, measured) = (sequences(false), sequences(true))
    sequenceCount = learned.count + measured.count
    var training = options.training
    training.device = device
    self.training = training
    self.folder = folder
    objective = MaskedLanguageObjective(
      model, tokenizer, options, device: device,
      train: learned, heldOut: measured)
    let digest = Data(texts.map { "\($0.utf8.count) \($0)" }.joined(separator: "\n").utf8).sha256
    identity =
      RunSettings.canonicalJSON(Identity(options: options, model: modelDigest, passages: digest)).sha256
  }

  /// - Parameter passage: `[CLS] … [SEP]`
  /// - Returns: sequences of at most `length` tokens, each between [CLS] and [SEP].
  static func cut(_ passage: [Int32], to length: Int) -> [[Int32]] {
    guard passage.count > length else { return [passage] }
    let (first, last, room) = (passage[0], passage[passage.count - 1], length - 2)
    return stride(from: 1, to: passage.count - 1, by: room).map { start in
      [first] + passage[start..<min(start + room, passage.count - 1)] + [last]
    }
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
