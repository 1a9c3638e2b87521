import Classification
import Files
import Foundation
import Training

extension StudyResult {
  /// What a study's folder holds by now: its finished runs, with those variants left out that lack a seed.
  /// - Parameters:
  ///   - variants: in the order of the tables; nil takes all in the order in which they were run.
  ///   - seeds: nil takes all.
  /// - Throws: `FathomError` when the folder is no study's or holds nothing finished.
  public init(
    folder: URL, variants: [Variant]? = nil, seeds: [UInt64]? = nil,
    requirements: Requirements = Requirements()
  ) throws {
    let store = try RunStore(reading: folder)
    let all = try store.runs().filter { seeds?.contains($0.seed) != false }
    let finished = all.filter(\.isFinished)
    let names = finished.map(\.variant).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let wanted = Set(finished.map { Part(seed: $0.seed, fold: $0.fold) })
    let results = try (variants ?? names.map(Variant.init)).compactMap { variant -> VariantResult? in
      let runs = finished.filter { $0.variant == variant.description }.sorted {
        ($0.seed, $0.fold ?? -1) < ($1.seed, $1.fold ?? -1)
      }
      // Where every run failed, nothing is wanted and nothing is there.
      guard !runs.isEmpty, runs.count == wanted.count else { return nil }
      return try StudyResult.result(variant, runs, store, folder)
    }
    let failures = all.filter { $0.state == .failed }
    if results.isEmpty, let failure = failures.first {
      throw FathomError(
        .failed, at: folder.path,
        Sentence(template: "no variant is finished, and \(failure.name) failed (\(failure.reason ?? ""))"),
        mend: "change its settings and choose another \(.out)")
    }
    guard !results.isEmpty else {
      throw FathomError(
        .notFound, at: folder.path, "no variant is finished yet", mend: "let `fathom study` go on")
    }
    guard Set(results.map(\.testHits.count)).count == 1 else {
      throw FathomError(
        .mismatch, at: folder.path, "the runs were tested on different data",
        mend: "remove those that do not belong and run again")
    }
    guard Set(results.map { $0.selectionPredictions?.targets ?? [] }).count == 1 else {
      throw FathomError(
        .mismatch, at: folder.path, "the runs were validated on different examples",
        mend: "remove those that do not belong and run again")
    }
    self.init(results, requirements: requirements)
    self.failures = failures
    smallerStudies = Study.sizes(in: folder).compactMap {
      try? StudyResult(folder: Study.folder(size: $0, in: folder), variants: variants, seeds: seeds)
    }
  }

  /// What every variant must have before it is compared.
  private struct Part: Hashable {
    let seed: UInt64
    let fold: Int?
  }

  private static func result(_ variant: Variant, _ runs: [StoredRun], _ store: RunStore, _ folder: URL) throws
    -> VariantResult
  {
    let records = try runs.map { run -> RunRecord in
      let home = StudyPlan.folder(variant, seed: run.seed, fold: run.fold, in: folder)
      guard let record = try TrainingJob.record(in: home) else {
        throw FathomError(
          .notFound, at: home.appendingPathComponent("run.json").path, "is missing",
          mend: "run the study again to make it anew")
      }
      return record
    }
    let seeds = Dictionary(grouping: runs, by: \.seed).sorted { $0.key < $1.key }.map(\.value)
    let validation = try seeds.map { try HeldOut(pooling: $0, "validation", store) }
    let test = try runs.map { try HeldOut(pooling: [$0], "test", store) }
    let chosenOn = validation[0].targets.isEmpty ? test : validation
    return VariantResult(
      variant: variant, runs: records, validationHits: HeldOut.shares(validation),
      testHits: HeldOut.shares(test) ?? [], selectionPredictions: try heldOut(chosenOn, records[0], folder))
  }

  /// Predictions of one split, as the store has them; folds are pooled one after another.
  private struct HeldOut {
    var targets: [Int] = []
    var classes: [Int] = []

    init(pooling runs: [StoredRun], _ split: String, _ store: RunStore) throws {
      for run in runs {
        let own = try store.predictions(of: run, split: split)
        targets += own.targets
        classes += own.classes
      }
    }

    /// For each example the share of seeds, or runs, that got it right; nil without examples.
    static func shares(_ sets: [HeldOut]) -> [Double]? {
      guard let first = sets.first, !first.targets.isEmpty,
        sets.allSatisfy({ $0.targets.count == first.targets.count })
      else { return nil }
      return first.targets.indices.map { example in
        Double(sets.count { $0.classes[example] == $0.targets[example] }) / Double(sets.count)
      }
    }
  }

  private static func heldOut(
    _ runs: [HeldOut], _ record: RunRecord, _ folder: URL
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
