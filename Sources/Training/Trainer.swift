import Checkpoint
import Classification
import Corpus
import Encoder
import Files
import Foundation
import Torch

/// Trains an objective's network, keeps its best epoch on disk and can be stopped and resumed at any step.
public final class Trainer {
  /// What a progress display hears.
  public enum Event {
    case step(epoch: Int, step: Int, steps: Int, loss: Double, examplesPerSecond: Double, secondsLeft: Double)
    case evaluating(done: Int, of: Int)
    case epoch(EpochRecord, isBest: Bool)
    /// Something that the user should know and that is no fault
    case note(String)
  }

  /// What the listener wants next; asked after each event.
  public enum Continuation { case more, stop }

  /// - Throws: ends the run; an epoch's state is saved before it hears of the epoch.
  public typealias Progress = (Event) throws -> Continuation

  /// The run was asked to stop and saved its state first.
  public struct Interrupted: Error, CustomStringConvertible {
    public let folder: URL

    public var description: String { "stopped; everything so far is in \(folder.path)" }
  }

  private let objective: any Objective
  private let options: TrainingOptions
  private let folder: URL
  private let optimizer: AdamW
  private let progress: Progress
  private var state: TrainingState

  /// - Parameters:
  ///   - folder: where the best epoch's model and the state go.
  ///   - identity: of settings, model and data; a state with another one is refused.
  /// - Throws: when the folder holds a state of another run.
  public init(
    _ objective: any Objective, _ options: TrainingOptions, folder: URL, identity: String,
    progress: @escaping Progress = { _ in .more }
  ) throws {
    self.objective = objective
    self.options = options
    self.folder = folder
    self.progress = progress
    objective.network.move(to: options.device)
    optimizer = objective.makeOptimizer()
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw FathomError(
        .unwritable, at: folder.path, "the folder cannot be made", mend: "choose another \(.out)")
    }
    if FileManager.default.fileExists(atPath: TrainingState.file(folder).path) {
      state = try TrainingState.load(
        from: folder, identity: identity, weights: Trainer.weights(objective), optimizer: optimizer)
    } else {
      state = TrainingState(identity: identity)
    }
  }

  /// Trains to the end and returns the epochs with the best one's number; the network then has its weights.
  public func run() throws -> (epochs: [EpochRecord], peak: Int) {
    while state.history.count < options.epochs, !hasRunOutOfPatience {
      try trainEpoch()
      optimizer.settle()
      try finishEpoch()
    }
    let best = try Checkpoint(folder: folder)
    for (name, parameter) in objective.network.namedParameters() {
      try best[name]!.load(into: parameter.wrappedValue)
    }
    return (state.history, peakEpoch)
  }

  /// Removes what only resuming needs.
  public func removeState() { try? FileManager.default.removeItem(at: TrainingState.file(folder)) }

  /// Tells the listener how far an evaluation is, and stops as training does.
  func evaluated(_ done: Int, of count: Int) throws {
    if try progress(.evaluating(done: done, of: count)) == .more { return }
    // The epoch's training is done and saved; its evaluation is repeated on resuming.
    if state.step > 0 { try saveState() }
    throw Interrupted(folder: folder)
  }

  // MARK: One epoch

  private func trainEpoch() throws {
    let epoch = state.history.count
    let plan = BatchPlan(
      count: objective.exampleCount, batchSize: options.batchSize, seed: options.seed, epoch: epoch,
      joinsLikeLengths: options.batching == .likeLengths)
    let finished = state.step
    var step = 0
    var ahead: Background<[TokenSequence]>?
    for index in 0..<plan.poolCount {
      let pool = plan.pool(index)
      let batches = (pool.count + options.batchSize - 1) / options.batchSize
      if step + batches <= finished {
        step += batches
        continue
      }
      let sequences = try ahead?.value() ?? objective.sequences(pool)
      ahead = index + 1 < plan.poolCount ? encodedAhead(plan.pool(index + 1)) : nil
      for batch in plan.batches(inPool: index, lengths: sequences.map(\.count)) {
        if step >= finished {
          try train(batch.map { sequences[$0] }, batch.map { pool[$0] }, step, plan.batchCount)
        }
        step += 1
      }
    }
  }

  /// The next pool is encoded while this one trains.
  private func encodedAhead(_ pool: [Int]) -> Background<[TokenSequence]> {
    nonisolated(unsafe) let objective = objective
    return Background { try objective.sequences(pool) }
  }

  /// - Parameters:
  ///   - step: of this epoch, from 0.
  ///   - steps: of an epoch.
  private func train(_ batch: [TokenSequence], _ examples: [Int], _ step: Int, _ steps: Int) throws {
    let epoch = state.history.count
    let started = Date()
    let rate = options.rate(step: epoch * steps + step, of: options.epochs * steps)
    let loss = update(batch, examples, step: epoch * steps + step, rate: rate)
    guard loss.isFinite else { throw notFinite("the loss or its gradient", step + 1, rate) }
    state.step = step + 1
    state.lossSum += loss * Double(batch.count)
    state.seconds += Date().timeIntervalSince(started)
    state.tokens += batch.reduce(0) { $0 + $1.count }
    let secondsPerStep = state.seconds / Double(step + 1)
    let event = Event.step(
      epoch: epoch + 1, step: step + 1, steps: steps, loss: loss,
      examplesPerSecond: Double(options.batchSize) / max(secondsPerStep, 1e-9),
      secondsLeft: secondsPerStep * Double(steps - step - 1))
    if try progress(event) == .stop {
      try saveState()
      throw Interrupted(folder: folder)
    }
  }

  /// One optimiser step; returns the batch's mean loss, nan where it or the clipped gradient is not finite.
  private func update(_ batch: [TokenSequence], _ examples: [Int], step: Int, rate: Double) -> Double {
    optimizer.clearGradients()
    var sum = 0.0
    var hasLoss = false
    let size = (batch.count + options.accumulation - 1) / options.accumulation
    for start in stride(from: 0, to: batch.count, by: size) {
      let chosen = start..<min(start + size, batch.count)
      let part = TrainingPart(sequences: Array(batch[chosen]), examples: Array(examples[chosen]), step: step)
      guard let mean = objective.loss(part, optimizer: optimizer) else { continue }
      let loss = mean * (Double(chosen.count) / Double(batch.count))
      loss.backward()
      sum += loss.item
      hasLoss = true
    }
    if !hasLoss { return state.lossSum / Double(max(state.step * options.batchSize, 1)) }
    if let clipNorm = options.clipNorm, !optimizer.clipGradients(maximum: clipNorm).isFinite { return .nan }
    // A step with such a loss would spoil weights that are still good.
    if sum.isFinite { optimizer.step(rate: rate) }
    return sum
  }

  private func finishEpoch() throws {
    // The weights are looked at before anything is written over a good state.
    try checkWeights()
    let figures = try objective.evaluate(evaluated)
    let record = EpochRecord(
      epoch: state.history.count + 1, trainLoss: state.lossSum / Double(objective.exampleCount),
      validation: figures.validation?.withoutConfusion, test: figures.test?.withoutConfusion,
      heldOutLoss: figures.heldOutLoss, seconds: state.seconds, tokens: state.tokens)
    state.history.append(record)
    (state.step, state.lossSum, state.seconds, state.tokens) = (0, 0, 0, 0)
    let isBest = peakEpoch == record.epoch
    // The model first: a state that names a best epoch must find it on disk.
    if isBest { try objective.save(to: folder) }
    try writeState()
    if try progress(.epoch(record, isBest: isBest)) == .stop, state.history.count < options.epochs {
      throw Interrupted(folder: folder)
    }
  }

  // MARK: State

  private func notFinite(_ what: String, _ step: Int, _ rate: Double) -> FathomError {
    let (bert, head) = (options.bertLearningRate * rate, options.headLearningRate * rate)
    let rates =
      bert == head
      ? String(format: "a learning rate of %g", bert)
      : String(format: "learning rates of %g and %g", bert, head)
    return FathomError(
      .notFinite,
      "\(what) is not a number at step \(step) of epoch \(state.history.count + 1), with \(rates)",
      mend: objective.mendOfDivergence)
  }

  private func checkWeights() throws {
    for (_, weight) in Trainer.weights(objective) where !weight.detached().abs().max().item.isFinite {
      throw notFinite("a weight", state.step, 1)
    }
  }

  /// The best epoch so far, from 1; of equal ones the first.
  private var peakEpoch: Int {
    let scores = state.history.map(objective.score)
    return (scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) } ?? 0) + 1
  }

  private var hasRunOutOfPatience: Bool {
    guard let patience = options.patience, !state.history.isEmpty else { return false }
    return state.history.count - peakEpoch >= patience
  }

  private func saveState() throws {
    optimizer.settle()
    try checkWeights()
    try writeState()
  }

  private func writeState() throws {
    try state.save(to: folder, weights: Trainer.weights(objective), optimizer: optimizer)
  }

  private static func weights(_ objective: any Objective) -> [(name: String, tensor: Tensor)] {
    objective.network.namedParameters().map { ($0.name, $0.parameter.wrappedValue) }
  }
}
