import Files
import Encoder
import Checkpoint
import Corpus
import Foundation
import Torch
import WordPiece

/// Masked-language modelling: a new BERT from scratch, or further pretraining on a user's own text.
public final class Pretrainer {
  public struct Options: Sendable {
    public var epochs = 3
    public var batchSize = 32
    public var learningRate = 1e-4
    public var warmup = 0.05
    public var weightDecay = 0.01
    public var maskedShare = 0.15
    public var maximumLength = 128
    public var seed: UInt64 = 1
    public var precision = TrainingOptions.Precision.fp32
    public var device = Device.cpu

    public init() {}
  }

  private let model: MaskedLanguageModel
  private let tokenizer: Tokenizer
  private let options: Options
  private let folder: URL
  private let optimizer: AdamW
  private let weights: [(name: String, tensor: Tensor)]
  private var state: TrainingState

  /// - Throws: when the folder holds the state of another run.
  public init(
    _ model: MaskedLanguageModel, _ tokenizer: Tokenizer, _ options: Options, folder: URL, fingerprint: String
  ) throws {
    guard tokenizer.maskID != nil else {
      throw TokenizerError("the vocabulary has no [MASK]: masked-language modelling needs one")
    }
    self.model = model
    self.tokenizer = tokenizer
    self.options = options
    self.folder = folder
    model.move(to: options.device)
    weights = model.namedParameters().map { ($0.name, $0.parameter.wrappedValue) }
    let isPlain = { (name: String) in name.hasSuffix("bias") || name.hasSuffix("LayerNorm.weight") }
    optimizer = AdamW([
      AdamW.Group(
        "weights", weights.filter { !isPlain($0.name) }, learningRate: options.learningRate,
        weightDecay: options.weightDecay),
      AdamW.Group(
        "biases and norms", weights.filter { isPlain($0.name) }, learningRate: options.learningRate,
        weightDecay: 0),
    ])
    let mark = fingerprint + ";\(options)"
    if FileManager.default.fileExists(atPath: TrainingState.file(folder).path) {
      state = try TrainingState.load(from: folder, fingerprint: mark, weights: weights, optimizer: optimizer)
    } else {
      state = TrainingState(fingerprint: mark)
    }
  }

  /// Trains to the end, saving model and state after each epoch.
  /// - Returns: the mean masked-token loss (nats) of each epoch.
  public func run(
    _ texts: [String], report: (Trainer.Event) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> [Double] {
    let sequences = tokenizer.encode(texts, maximumLength: options.maximumLength).filter { $0.count > 2 }
    guard !sequences.isEmpty else { throw CorpusError("the text has no words: bring another --text") }
    while state.history.count < options.epochs {
      try epoch(sequences, report, shouldStop)
      let record = EpochRecord(
        epoch: state.history.count + 1, trainLoss: state.lossSum / Double(state.step), validation: nil,
        test: nil,
        seconds: state.seconds, tokens: state.tokens)
      state.history.append(record)
      (state.step, state.lossSum, state.seconds, state.tokens) = (0, 0, 0, 0)
      try save()
      report(.epoch(record, isBest: true))
    }
    try? FileManager.default.removeItem(at: TrainingState.file(folder))
    return state.history.map(\.trainLoss)
  }

  private func epoch(_ sequences: [[Int32]], _ report: (Trainer.Event) -> Void, _ shouldStop: () -> Bool)
    throws
  {
    let epoch = state.history.count
    let batches = BatchPlan(
      count: sequences.count, batchSize: options.batchSize, seed: options.seed, epoch: epoch
    )
    .batches(lengths: sequences.map(\.count))
    let steps = batches.count
    for (step, batch) in batches.enumerated().dropFirst(state.step) {
      let started = Date()
      let place = epoch * steps + step
      var generator = SeededGenerator(seed: options.seed &* 1_000_003 &+ UInt64(place))
      let masked = MaskedBatch(
        batch.map { sequences[$0] }, tokenizer: tokenizer, share: options.maskedShare, generator: &generator,
        device: options.device)
      let loss =
        masked.count == 0
        ? state.lossSum / Double(max(step, 1)) : update(masked, place, options.epochs * steps)
      state.step = step + 1
      state.lossSum += loss
      state.seconds += Date().timeIntervalSince(started)
      state.tokens += masked.tokens.tokenCount
      report(
        .step(
          epoch: epoch + 1, step: step + 1, steps: steps, loss: loss,
          examplesPerSecond: Double((step + 1) * options.batchSize) / max(state.seconds, 1e-9),
          secondsLeft: state.seconds / Double(step + 1) * Double(steps - step - 1)))
      if shouldStop() {
        try saveState()
        throw Trainer.Interrupted(
          description:
            "stopped; everything so far is in \(folder.path): run the same command with --resume to go on")
      }
    }
  }

  private func update(_ masked: MaskedBatch, _ step: Int, _ total: Int) -> Double {
    optimizer.clearGradients()
    let logits = model(masked.tokens, places: masked.places, dtype: options.precision.dtype, training: true)
    let loss = logits.crossEntropy(masked.targets)
    loss.backward()
    optimizer.clipGradients(maximum: 1)
    let warmupSteps = max(1, Int(Double(total) * options.warmup))
    let rate = min(
      Double(step + 1) / Double(warmupSteps), Double(total - step) / Double(max(1, total - warmupSteps)))
    optimizer.step(rate: rate)
    return loss.item
  }

  /// The Hugging Face layout of `BertForMaskedLM`, then the state.
  private func save() throws {
    try SafeTensors.write(
      weights.map { ($0.name, $0.tensor.detached()) }, to: folder.appendingPathComponent("model.safetensors"))
    try tokenizer.write(to: folder, maximumLength: model.bert.config.maximumPositions)
    var config = model.bert.config.json
    config["architectures"] = ["BertForMaskedLM"]
    config["pad_token_id"] = Int(tokenizer.paddingID)
    try JSONSerialization.data(withJSONObject: config, options: [.prettyPrinted, .sortedKeys])
      .write(to: folder.appendingPathComponent("config.json"), options: .atomic)
    try saveState()
  }

  private func saveState() throws { try state.save(to: folder, weights: weights, optimizer: optimizer) }
}
