import Files
import Encoder
import Checkpoint
import Classification
import Corpus
import Foundation
import Torch

/// Fine-tunes a classifier, keeps its best epoch on disk and can be stopped and resumed at any step.
public final class Trainer {
  /// What a progress display hears.
  public enum Event {
    case step(epoch: Int, step: Int, steps: Int, loss: Double, examplesPerSecond: Double, secondsLeft: Double)
    case evaluating(done: Int, of: Int)
    case epoch(EpochRecord, isBest: Bool)
  }

  /// The run was asked to stop and saved its state first.
  public struct Interrupted: Error, CustomStringConvertible {
    public let description: String
  }

  private let classifier: TextClassifier
  private let options: TrainingOptions
  private let folder: URL
  private let fingerprint: String
  private let optimizer: AdamW
  private let report: (Event) throws -> Void
  private let shouldStop: () -> Bool
  private var state: TrainingState

  /// - Parameters:
  ///   - folder: where the best epoch's model and the state go.
  ///   - fingerprint: of the data and the model; a state with another one is refused.
  ///   - report: hears what happens; the state of an epoch is saved before it hears of it, and what it throws ends the run.
  ///   - shouldStop: asked after each step; true saves and throws ``Interrupted``.
  /// - Throws: when the folder holds a state of another run.
  public init(
    _ classifier: TextClassifier, _ options: TrainingOptions, folder: URL, fingerprint: String,
    report: @escaping (Event) throws -> Void = { _ in }, shouldStop: @escaping () -> Bool = { false }
  ) throws {
    self.classifier = classifier
    self.options = options
    self.folder = folder
    self.report = report
    self.shouldStop = shouldStop
    classifier.network.move(to: options.device)
    optimizer = AdamW(classifier.network, options)
    let settings = options.json.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",")
    self.fingerprint = fingerprint + ";" + settings
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw CheckpointError("\(folder.path) cannot be made: choose another --out")
    }
    if FileManager.default.fileExists(atPath: TrainingState.file(folder).path) {
      state = try TrainingState.load(
        from: folder, fingerprint: self.fingerprint, weights: Trainer.weights(classifier),
        optimizer: optimizer)
    } else {
      state = TrainingState(fingerprint: self.fingerprint)
    }
  }

  /// Trains to the end and returns the epochs with the best one's number; `classifier` then has its weights.
  /// - Parameters:
  ///   - validation: nil only where epochs are selected on the test set.
  ///   - test: evaluated after each epoch only where epochs are selected on it.
  public func run(train: EncodedTexts, validation: EncodedTexts?, test: EncodedTexts) throws -> (
    epochs: [EpochRecord], peak: Int
  ) {
    precondition(validation != nil || options.selection == .test, "selection needs a validation set")
    let testSet = options.selection == .test ? test : nil
    while state.history.count < options.epochs, !hasRunOutOfPatience {
      try trainEpoch(train)
      optimizer.settle()
      let record = EpochRecord(
        epoch: state.history.count + 1, trainLoss: state.lossSum / Double(train.count),
        validation: try validation.map(evaluate),
        test: try testSet.map(evaluate), seconds: state.seconds, tokens: state.tokens)
      state.history.append(record)
      (state.step, state.lossSum, state.seconds, state.tokens) = (0, 0, 0, 0)
      let isBest = peakEpoch == record.epoch
      // The model first: a state that names a best epoch must find it on disk.
      if isBest { try classifier.save(to: folder) }
      try saveState()
      try report(.epoch(record, isBest: isBest))
      if shouldStop(), state.history.count < options.epochs { throw interrupted }
    }
    let best = try Checkpoint(folder: folder)
    for (name, parameter) in classifier.network.namedParameters() {
      try best[name]!.load(into: parameter.wrappedValue)
    }
    return (state.history, peakEpoch)
  }

  /// Removes what only resuming needs.
  public func removeState() { try? FileManager.default.removeItem(at: TrainingState.file(folder)) }

  private func evaluate(_ set: EncodedTexts) throws -> Metrics {
    Metrics(logits: try logits(set), targets: set.data.targets)
  }

  /// Logits with the weights at hand; stops as training does.
  func logits(_ set: EncodedTexts) throws -> [[Float]] {
    try classifier.logits(set, dtype: options.precision.dtype, device: options.device) { [self] done in
      try report(.evaluating(done: done, of: set.count))
      if shouldStop() {
        // The epoch's training is done and saved; its evaluation is repeated on resuming.
        if state.step > 0 { try saveState() }
        throw interrupted
      }
    }
  }

  /// Seconds that one text takes by itself, the median of up to fifty spread over the set.
  func latency(_ set: EncodedTexts) throws -> Double {
    let stride = max(1, set.count / 50)
    let times = try (0..<min(50, set.count)).map { place -> Double in
      let sequences = try set([place * stride])
      let started = ContinuousClock.now
      _ = classifier.logits(sequences, dtype: options.precision.dtype, device: options.device)
      return (ContinuousClock.now - started) / .seconds(1)
    }
    return times.sorted()[times.count / 2]
  }

  // MARK: One epoch

  private func trainEpoch(_ set: EncodedTexts) throws {
    let epoch = state.history.count
    let plan = BatchPlan(count: set.count, batchSize: options.batchSize, seed: options.seed, epoch: epoch)
    let finished = state.step
    var step = 0
    var ahead: Background<[[Int32]]>?
    for index in 0..<plan.poolCount {
      let pool = plan.pool(index)
      let batches = (pool.count + options.batchSize - 1) / options.batchSize
      if step + batches <= finished {
        step += batches
        continue
      }
      let sequences = try ahead?.value() ?? set(pool)
      // The next pool is encoded while this one trains.
      ahead = index + 1 < plan.poolCount ? Background { try set(plan.pool(index + 1)) } : nil
      for batch in plan.batches(inPool: index, lengths: sequences.map(\.count)) {
        if step >= finished {
          try train(
            batch.map { sequences[$0] }, batch.map { set.data.targets[pool[$0]] }, step, plan.batchCount)
        }
        step += 1
      }
    }
  }

  /// - Parameters:
  ///   - step: of this epoch, from 0.
  ///   - steps: of an epoch.
  private func train(_ batch: [[Int32]], _ targets: [Int], _ step: Int, _ steps: Int) throws {
    let epoch = state.history.count
    let started = Date()
    let loss = update(batch, targets, step: epoch * steps + step, of: options.epochs * steps)
    guard loss.isFinite else {
      throw CheckpointError(
        "the loss is not a number at step \(step + 1) of epoch \(epoch + 1): lower --bert-lr and --head-lr, or clip with --clip-norm 1"
      )
    }
    state.step = step + 1
    state.lossSum += loss * Double(batch.count)
    state.seconds += Date().timeIntervalSince(started)
    state.tokens += batch.reduce(0) { $0 + $1.count }
    let perStep = state.seconds / Double(step + 1)
    try report(
      .step(
        epoch: epoch + 1, step: step + 1, steps: steps, loss: loss,
        examplesPerSecond: Double(options.batchSize) / max(perStep, 1e-9),
        secondsLeft: perStep * Double(steps - step - 1)))
    if shouldStop() {
      try saveState()
      throw interrupted
    }
  }

  /// One optimiser step; returns the batch's mean loss.
  private func update(_ batch: [[Int32]], _ targets: [Int], step: Int, of total: Int) -> Double {
    optimizer.clearGradients()
    var sum = 0.0
    let part = (batch.count + options.accumulation - 1) / options.accumulation
    for start in stride(from: 0, to: batch.count, by: part) {
      let chosen = start..<min(start + part, batch.count)
      let packed = PackedTokens(Array(batch[chosen]), device: options.device)
      optimizer.willRead(packed.ids, of: classifier.network.tokenEmbedding.weight)
      let logits = classifier.network(packed, dtype: options.precision.dtype, training: true)
      let wanted = Tensor(targets[chosen].map(Int64.init)).to(options.device)
      let share = Double(chosen.count) / Double(batch.count)
      let loss = logits.crossEntropy(wanted) * share
      loss.backward()
      sum += loss.item
    }
    if let clipNorm = options.clipNorm { optimizer.clipGradients(maximum: clipNorm) }
    optimizer.step(rate: options.rate(step: step, of: total))
    return sum
  }

  // MARK: State

  private var interrupted: Interrupted {
    Interrupted(
      description:
        "stopped; everything so far is in \(folder.path): run the same command with --resume to go on")
  }

  /// The best epoch so far, from 1; of equal ones the first.
  private var peakEpoch: Int {
    let scores = state.history.map { (options.selection == .test ? $0.test : $0.validation)?.accuracy ?? 0 }
    return (scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) } ?? 0) + 1
  }

  private var hasRunOutOfPatience: Bool {
    guard let patience = options.patience, !state.history.isEmpty else { return false }
    return state.history.count - peakEpoch >= patience
  }

  private func saveState() throws {
    optimizer.settle()
    try state.save(to: folder, weights: Trainer.weights(classifier), optimizer: optimizer)
  }

  private static func weights(_ classifier: TextClassifier) -> [(name: String, tensor: Tensor)] {
    classifier.network.namedParameters().map { ($0.name, $0.parameter.wrappedValue) }
  }
}
