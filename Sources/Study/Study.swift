import Files
import Checkpoint
import Classification
import Corpus
import Foundation
import Training

/// Runs a plan in a folder; what is finished there is kept, what was stopped goes on.
public struct Study {
  public let plan: StudyPlan
  public let folder: URL

  public init(_ plan: StudyPlan, in folder: URL) {
    self.plan = plan
    self.folder = folder
  }

  /// Where the same study on `size` training examples lies.
  public static func folder(size: Int, in folder: URL) -> URL {
    folder.appendingPathComponent("size-\(size)")
  }

  /// The sizes that a folder holds, smallest first.
  static func sizes(in folder: URL) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.compactMap { $0.hasPrefix("size-") ? Int($0.dropFirst(5)) : nil }.sorted()
  }

  /// What is known of a run before it starts.
  public enum Beginning: Sendable {
    case starts
    case isFinished
    /// It failed before, and is not tried again.
    case hasFailed(reason: String)
  }

  /// A run whose loss, weights or logits were not finite, or that the engine had no room for, is noted as
  /// failed with its reason, and the others go on.
  /// - Parameters:
  ///   - tensorBoard: where each run's epochs are also written as TensorBoard event files.
  ///   - retryFailed: tries runs again that failed before.
  ///   - begin: called before each run with its number in the grid, from 1, and their count.
  ///   - failed: called when a run fails.
  ///   - progress: hears the events of training and says whether to go on.
  /// - Throws: `Trainer.Interrupted` after saving; `FathomError` when the folder holds runs with other
  ///   settings.
  public func run(
    tensorBoard: URL? = nil, retryFailed: Bool = false,
    begin: (_ run: StudyPlan.Run, _ number: Int, _ count: Int, _ beginning: Beginning) -> Void,
    failed: (_ run: StudyPlan.Run, _ error: FathomError) -> Void = { _, _ in },
    progress: @escaping Trainer.Progress
  ) throws -> StudyResult {
    let runs = plan.runs
    try checkIdentities(runs)
    let store = try openStore()
    let stored = try store.runs()
    guard stored.allSatisfy({ ($0.fold == nil) == plan.folds.isEmpty }) else {
      throw FathomError(
        .mismatch, at: folder.path, "the study was begun \(plan.folds.isEmpty ? "with" : "without") folds",
        mend: "give the same \(.folds), or choose another \(.out)")
    }
    let known = Set(stored.filter(\.isFinished).map(\.key))
    for (index, run) in runs.enumerated() {
      let job = plan.job(run)
      let home = run.folder(in: folder)
      if let record = try TrainingJob.record(in: home) {
        begin(run, index + 1, runs.count, .isFinished)
        // A kill between the two writes, or a store made anew, leaves a run that only its folder knows.
        if !known.contains(run.key) { try store.finish(record, .read(home), data: job.data) }
      } else if let failure = RunFailure.read(home), failure.identity == job.identity, !retryFailed {
        begin(run, index + 1, runs.count, .hasFailed(reason: failure.reason))
        try store.begin(run.key, identity: job.identity, settings: job.settings)
        try store.fail(run.key, reason: failure.reason)
      } else {
        begin(run, index + 1, runs.count, .starts)
        try? FileManager.default.removeItem(at: RunFailure.file(home))
        do {
          let board = tensorBoard?.appendingPathComponent(run.name)
          let record = try train(job, run, in: home, store, board, progress)
          try store.finish(record, .read(home), data: job.data)
        } catch let error as FathomError where [.notFinite, .engine].contains(error.code) {
          try note(error, of: run, job, in: home, store)
          failed(run, error)
        }
      }
    }
    var result = try StudyResult(folder: folder, variants: plan.variants, seeds: plan.seeds)
    result.keepFailures(among: Set(runs.map(\.key)))
    return result
  }

  /// Where a cross-validated study has the recommended model, trained on all training examples.
  public static func finalFolder(in folder: URL) -> URL { folder.appendingPathComponent("final") }

  /// Trains the model that a cross-validation recommends on all training examples; one that is there already
  /// stays, one that another recommendation asked for is replaced.
  /// - Returns: its record, and whether it was trained now.
  /// - Throws: `Trainer.Interrupted` after saving.
  public func trainFinal(
    _ job: TrainingJob, progress: @escaping Trainer.Progress
  ) throws -> (record: RunRecord, isNew: Bool) {
    let home = Study.finalFolder(in: folder)
    if let record = try TrainingJob.record(in: home), record.identity == job.identity {
      return (record, false)
    }
    do { return (try job.run(in: home, progress: progress), true) } catch let error as FathomError
      where error.code == .mismatch
    {
      // A stopped one of another recommendation.
      try FileManager.default.removeItem(at: home)
      return (try job.run(in: home, progress: progress), true)
    }
  }

  /// Finds runs of other settings, another model or other data before hours are spent on the rest.
  private func checkIdentities(_ runs: [StudyPlan.Run]) throws {
    for run in runs {
      let home = run.folder(in: folder)
      let job = plan.job(run)
      guard let record = try TrainingJob.record(in: home), record.identity != job.identity else { continue }
      let changes = record.settings.changes(to: job.settings).joined(separator: " and ")
      throw FathomError(
        .mismatch, at: home.path, "it was run with \(changes)",
        mend: "give the same as then, or choose another \(.out)"
      )
    }
  }

  /// The run folders are the truth: a store that is damaged is moved aside and made anew from them.
  private func openStore() throws -> RunStore {
    do { return try RunStore(folder) } catch let error as FathomError where error.code == .damaged {
      try RunStore.setAside(folder)
      return try RunStore(folder)
    }
  }

  private func note(
    _ error: FathomError, of run: StudyPlan.Run, _ job: TrainingJob, in home: URL, _ store: RunStore
  ) throws {
    let failure = RunFailure(
      variant: run.variant.description, seed: run.seed, identity: job.identity,
      reason: error.description(naming: \.placeholder),
      settings: job.settings)
    try failure.write(home)
    try store.fail(run.key, reason: failure.reason)
  }

  /// Runs a job, writing each epoch to the store as it ends.
  private func train(
    _ job: TrainingJob, _ run: StudyPlan.Run, in home: URL, _ store: RunStore, _ tensorBoard: URL?,
    _ progress: @escaping Trainer.Progress
  ) throws -> RunRecord {
    let key = run.key
    try store.begin(key, identity: job.identity, settings: job.settings)
    let board = try tensorBoard.map(TensorBoardWriter.init)
    return try job.run(in: home) { event in
      if case .epoch(let epoch, _) = event {
        try store.add(epoch, to: key)
        try board?.add(epoch)
      }
      return try progress(event)
    }
  }
}
