import Classification
import Corpus
import Files
import Fixtures
import Foundation
import Study
import Testing
import Torch
import Training

@Suite(.serialized) struct StudyRunTests {
  init() { Engine.threadCount = 1 }

  private func set(_ count: Int, seed: UInt64) -> DataSet {
    let (texts, targets) = TinyTask.texts(count, seed: seed)
    return DataSet(texts: texts, targets: targets, classes: ["bad", "good"])
  }

  private func plan(
    _ variants: [String], in folder: URL, folds: Int? = nil,
    _ change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> StudyPlan {
    var options = TrainingOptions()
    options.epochs = 1
    options.batchSize = 16
    change(&options)
    let model = folder.appendingPathComponent("pretrained")
    if !FileManager.default.fileExists(atPath: model.path) { try writeTinyModel(to: model) }
    let (train, test) = (set(60, seed: 1), set(20, seed: 2))
    let job = try TrainingJob(
      model: model, variant: .baselineCustom,
      data: TrainingData(
        train: train, test: test, validationShare: 0.2, splitSeed: 1, selection: .validation),
      options: options, text: TextSettings(maximumLength: 16))
    var plan = try StudyPlan(variants: variants.map(Variant.init), seeds: 1, template: job)
    if let folds {
      plan.folds = try train.folds(folds, seed: 1).enumerated().map {
        TrainingData(train: $1.train, validation: $1.validation, test: test, fold: ($0, folds))
      }
    }
    return plan
  }

  @Test func `a run whose loss is not finite is noted as failed, and the others go on`() throws {
    try Fixtures.withFolder { folder in
      let out = folder.appendingPathComponent("study")
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
      // The baseline has no BERT weights, which this rate drives out of range.
      let plan = try plan(["1VA", "baseline-custom"], in: folder) { $0.bertLearningRate = 1e38 }
      func run(retryFailed: Bool = false) throws -> (result: StudyResult, failed: [String], begun: [String]) {
        var failed: [String] = []
        var begun: [String] = []
        let result = try Study(plan, in: out).run(
          retryFailed: retryFailed, begin: { begun.append("\($0.name) \($3)") },
          failed: { failed.append("\($0.name) \($1.code)") }, progress: { _ in .more })
        return (result, failed, begun)
      }
      let first = try run()
      #expect(first.failed == ["1VA-s1 notFinite"])
      #expect(first.result.results.map(\.variant.description) == ["baseline-custom"])
      #expect(first.result.failures.map(\.name) == ["1VA-s1"])
      #expect(first.result.failures[0].reason?.contains("not a number") == true)
      #expect(first.result.failures[0].reason?.contains(Setting.bertLearningRate.placeholder) == true)
      let second = try run()
      #expect(second.failed.isEmpty && second.begun[0].contains("hasFailed"))
      #expect(second.begun[1].contains("isFinished") && second.result.failures.count == 1)
      #expect(try run(retryFailed: true).failed.count == 1)
      // The run folders are the truth.
      _ = try RunStore.rebuild(out)
      let runs = try RunStore(reading: out).runs()
      #expect(Set(runs.map { "\($0.name) \($0.state)" }) == ["1VA-s1 failed", "baseline-custom-s1 finished"])
    }
  }

  @Test func `a cross-validation validates each training example once`() throws {
    try Fixtures.withFolder { folder in
      let out = folder.appendingPathComponent("study")
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
      let plan = try plan(["0VA", "1VA"], in: folder, folds: 3)
      let result = try Study(plan, in: out).run(begin: { _, _, _, _ in }, progress: { _ in .more })
      #expect(result.results.allSatisfy { $0.runs.count == 3 && $0.seedCount == 1 && $0.foldCount == 3 })
      #expect(result.results.allSatisfy { $0.selectionPredictions?.targets.count == 60 })
      #expect(result.results.allSatisfy { $0.testHits.count == 20 })
      if let recommendation = result.recommendation {
        #expect(recommendation.examples == 60 && recommendation.sentence.contains("3 folds, 1 seed"))
      }
      // The recommended model learns from all examples, for as many epochs as were best in the middle of its
      // folds.
      let all = try TrainingData(
        train: set(60, seed: 1), test: set(20, seed: 2), validationShare: 0, splitSeed: 1, selection: .last)
      let job = plan.finalJob(try Variant("1VA"), peakEpochs: [3, 1, 2], data: all)
      #expect(job.options.epochs == 2 && job.options.selection == .last)
      let study = Study(plan, in: out)
      let final = try study.trainFinal(job) { _ in .more }
      #expect(final.isNew && final.record.peakEpoch == 2 && final.record.settings.data.trainExamples == 60)
      #expect(try !study.trainFinal(job) { _ in .more }.isNew)
      let other = plan.finalJob(try Variant("0VA"), peakEpochs: [1], data: all)
      #expect(try study.trainFinal(other) { _ in .more }.record.variant == "0VA")
      #expect(try StudyResult(folder: out).results.allSatisfy { $0.runs.count == 3 }, "no run of the study")
      let error = #expect(throws: FathomError.self) {
        try Study(self.plan(["0VA"], in: folder), in: out).run(
          begin: { _, _, _, _ in }, progress: { _ in .more })
      }
      #expect(error?.code == .mismatch, "with folds and without are two studies")
    }
  }
}
