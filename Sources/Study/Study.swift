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

  /// - Parameters:
  ///   - tensorBoard: where each run's epochs are also written as TensorBoard event files.
  ///   - begin: called before each run with its place in the grid; true when the run is finished already.
  ///   - progress: hears the events of training and says whether to go on.
  /// - Throws: `Trainer.Interrupted` after saving; `CheckpointError` when the folder holds runs with other settings.
  public func run(
    tensorBoard: URL? = nil,
    begin: (_ variant: Variant, _ seed: UInt64, _ place: Int, _ total: Int, _ isDone: Bool) -> Void,
    progress: @escaping Trainer.Progress
  ) throws -> StudyResult {
    let store = try RunStore(folder)
    let stored = Set(try store.runs().filter(\.isFinished).map { "\($0.variant) \($0.seed)" })
    let total = plan.variants.count * plan.seeds.count
    var place = 0
    for variant in plan.variants {
      for seed in plan.seeds {
        place += 1
        let job = plan.job(variant, seed: seed)
        let home = StudyPlan.folder(variant, seed: seed, in: folder)
        if let record = try TrainingJob.record(in: home) {
          guard record.identity == job.identity else {
            throw CheckpointError(
              "\(home.path) was run with other settings, another model or other data: repeat them, or choose another --out"
            )
          }
          begin(variant, seed, place, total, true)
          // A kill between the two writes leaves a run that only its folder knows.
          if !stored.contains("\(variant) \(seed)") { try store.finish(record, .read(home), data: job.data) }
        } else {
          begin(variant, seed, place, total, false)
          let record = try run(
            job, in: home, store, tensorBoard?.appendingPathComponent(StudyPlan.name(variant, seed: seed)),
            progress)
          try store.finish(record, .read(home), data: job.data)
        }
      }
    }
    return try StudyResult(folder: folder, variants: plan.variants, seeds: plan.seeds)
  }

  /// Runs a job, writing each epoch to the store as it ends.
  private func run(
    _ job: TrainingJob, in home: URL, _ store: RunStore, _ tensorBoard: URL?,
    _ progress: @escaping Trainer.Progress
  ) throws -> RunRecord {
    let (name, seed) = (job.variant.description, job.options.seed)
    try store.begin(variant: name, seed: seed, identity: job.identity, settings: job.settings)
    let board = try tensorBoard.map(TensorBoardWriter.init)
    return try job.run(in: home) { event in
      if case .epoch(let epoch, _) = event {
        try store.add(epoch, variant: name, seed: seed)
        try board?.add(epoch)
      }
      return try progress(event)
    }
  }
}

extension StudyResult {
  /// What a study's folder holds by now: its finished runs, with those variants left out that lack a seed.
  /// - Parameters:
  ///   - variants: in the order of the tables; nil takes all in the order in which they were run.
  ///   - seeds: nil takes all.
  /// - Throws: `CheckpointError` when the folder is no study's or holds nothing finished.
  public init(
    folder: URL, variants: [Variant]? = nil, seeds: [UInt64]? = nil,
    requirements: Requirements = Requirements()
  ) throws {
    let store = try RunStore(reading: folder)
    let finished = try store.runs().filter { $0.isFinished && seeds?.contains($0.seed) != false }
    let names = finished.map(\.variant).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let wanted = Set(finished.map(\.seed))
    let results = try (variants ?? names.map(Variant.init)).compactMap { variant -> VariantResult? in
      let runs = finished.filter { $0.variant == variant.description }.sorted { $0.seed < $1.seed }
      return runs.count == wanted.count ? try StudyResult.result(variant, runs, store, folder) : nil
    }
    guard !results.isEmpty else {
      throw CheckpointError("\(folder.path) has no finished variant yet: let `fathom study` go on")
    }
    guard Set(results.map(\.testHits.count)).count == 1 else {
      throw CheckpointError(
        "\(folder.path) holds runs on different test data: remove those that do not belong and run again")
    }
    guard Set(results.map { $0.selectionPredictions?.targets ?? [] }).count == 1 else {
      throw FathomError(
        .mismatch, at: folder.path, "the runs were validated on different examples",
        mend: "remove those that do not belong and run again")
    }
    self.init(results, requirements: requirements)
    smallerStudies = Study.sizes(in: folder).compactMap {
      try? StudyResult(folder: Study.folder(size: $0, in: folder), variants: variants, seeds: seeds)
    }
  }

  private static func result(_ variant: Variant, _ runs: [StoredRun], _ store: RunStore, _ folder: URL) throws
    -> VariantResult
  {
    let records = try runs.map { run -> RunRecord in
      let home = StudyPlan.folder(variant, seed: run.seed, in: folder)
      guard let record = try TrainingJob.record(in: home) else {
        throw CheckpointError("\(home.path)/run.json is missing: run the study again to make it anew")
      }
      return record
    }
    let validation = try runs.map { try store.predictions(of: $0, split: "validation") }
    let test = try runs.map { try store.predictions(of: $0, split: "test") }
    let chosenOn = validation[0].targets.isEmpty ? test : validation
    return VariantResult(
      variant: variant, runs: records, validationHits: shares(validation), testHits: shares(test) ?? [],
      selectionPredictions: try heldOut(chosenOn, records[0], folder))
  }

  /// For each example the share of seeds that got it right; nil without examples.
  private static func shares(_ runs: [(targets: [Int], classes: [Int])]) -> [Double]? {
    guard !runs[0].targets.isEmpty else { return nil }
    return runs[0].targets.indices.map { example in
      Double(runs.count { $0.classes[example] == $0.targets[example] }) / Double(runs.count)
    }
  }

  private static func heldOut(
    _ runs: [(targets: [Int], classes: [Int])], _ record: RunRecord, _ folder: URL
  ) throws -> HeldOutPredictions {
    let targets = runs[0].targets
    let largest = runs.flatMap { $0.targets + $0.classes }.max() ?? 0
    guard runs.allSatisfy({ $0.targets == targets }),
      runs.allSatisfy({ $0.classes.allSatisfy { $0 >= 0 } }), targets.allSatisfy({ $0 >= 0 }),
      largest < 1 << 24
    else {
      throw FathomError(
        .mismatch, at: folder.path, "seeds of \(record.variant) were measured on different examples",
        mend: "run them anew in another \(.out)")
    }
    let count = record.test.confusion?.classCount ?? record.classes?.count ?? 0
    return HeldOutPredictions(
      targets: targets, classes: runs.map(\.classes), classCount: max(count, largest + 1))
  }
}
