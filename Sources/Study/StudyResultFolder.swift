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
    for size in Study.sizes(in: folder) {
      let part = Study.folder(size: size, in: folder)
      do {
        smallerStudies.append(try StudyResult(folder: part, variants: variants, seeds: seeds))
      } catch let error as FathomError where error.code != .notFound {
        notes.append("the learning curve lacks \(size) examples: \(error)")
      } catch is FathomError {}
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
      guard record.identity == run["fingerprint"]?.text else {
        throw FathomError(
          .mismatch, at: home.path, "another command wrote this run's folder since the study did",
          mend: "give the study's command again, or make its store anew with `fathom runs rebuild`")
      }
      return record
    }
    let seeds = Dictionary(grouping: runs, by: \.seed).sorted { $0.key < $1.key }.map(\.value)
    let validation = try seeds.map { try pooled($0, "validation", store) }
    let test = try runs.map { try pooled([$0], "test", store) }
    let chosenOn = validation[0].targets.isEmpty ? test : validation
    return VariantResult(
      variant: variant, runs: records, validationHits: shares(validation),
      testHits: shares(test) ?? [], selectionPredictions: try heldOut(chosenOn, records[0], folder),
      testPredictions: test[0].targets.isEmpty ? nil : try heldOut(test, records[0], folder))
  }

  /// Predictions of one split; folds are pooled one after another.
  private static func pooled(_ runs: [StoredRun], _ split: String, _ store: RunStore) throws -> HeldOutRows {
    var all = HeldOutRows()
    for run in runs {
      let own = try store.heldOut(of: run, split: split)
      all.targets += own.targets
      all.classes += own.classes
      all.scores += own.scores
      all.constant += own.constant
    }
    return all
  }

  /// For each example the share of seeds, or runs, that got it right, or the mean of their scores; nil
  /// without examples.
  private static func shares(_ sets: [HeldOutRows]) -> [Double]? {
    guard let first = sets.first, !first.targets.isEmpty,
      sets.allSatisfy({ $0.targets.count == first.targets.count && $0.scores.count == first.scores.count })
    else { return nil }
    let isOfClasses = first.targets.allSatisfy { $0 >= 0 }
    return first.targets.indices.map { example in
      let sum = sets.reduce(0.0) {
        $0 + (isOfClasses ? ($1.classes[example] == $1.targets[example] ? 1 : 0) : $1.scores[example])
      }
      return sum / Double(sets.count)
    }
  }

  private static func heldOut(
    _ runs: [HeldOutRows], _ record: RunRecord, _ folder: URL
  ) throws -> HeldOutPredictions {
    let targets = runs[0].targets
    let isOfClasses = targets.allSatisfy { $0 >= 0 }
    let count = targets.count
    let largest = runs.flatMap { $0.targets + $0.classes }.max() ?? 0
    guard runs.allSatisfy({ $0.targets == targets && $0.classes.count == count }),
      runs.allSatisfy({ $0.classes.allSatisfy { $0 >= 0 } == isOfClasses }), largest < 1 << 24,
      runs.allSatisfy({ [0, count].contains($0.scores.count) && $0.scores.count == $0.constant.count }),
      isOfClasses || runs.allSatisfy({ $0.scores.count == count })
    else {
      throw FathomError(
        .mismatch, at: folder.path, "seeds of \(record.variant) were measured on different examples",
        mend: "run them anew in another \(.out)")
    }
    let scores = runs.allSatisfy { $0.scores.count == count && count > 0 }
    let measured = scores ? ScoredExamples(metric: record.settings.training.metric, runs) : nil
    guard isOfClasses else { return HeldOutPredictions(measured!) }
    let classes = record.test.confusion?.classCount ?? record.classes?.count ?? 0
    return HeldOutPredictions(
      targets: targets, classes: runs.map(\.classes), classCount: max(classes, largest + 1), scored: measured)
  }
}

extension ScoredExamples {
  fileprivate init(metric: Metric, _ runs: [HeldOutRows]) {
    self.init(metric: metric, scores: runs.map(\.scores), constant: runs[0].constant)
  }
}
