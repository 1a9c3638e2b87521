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

  /// - Parameters:
  ///   - begin: called before each run with its place in the grid; true when the run is finished already.
  ///   - report: hears the events of training.
  /// - Throws: `Trainer.Interrupted` after saving; `CheckpointError` when the folder holds runs with other settings.
  public func run(
    begin: (_ variant: Variant, _ seed: UInt64, _ place: Int, _ total: Int, _ isDone: Bool) -> Void,
    report: @escaping (Trainer.Event) -> Void, shouldStop: @escaping () -> Bool
  ) throws -> StudyResult {
    let total = plan.variants.count * plan.seeds.count
    var place = 0
    var results: [VariantResult] = []
    for variant in plan.variants {
      var runs: [RunRecord] = []
      for seed in plan.seeds {
        place += 1
        let job = plan.job(variant, seed: seed)
        let home = StudyPlan.folder(variant, seed: seed, in: folder)
        if let record = try TrainingJob.record(in: home) {
          guard record.fingerprint == job.fingerprint else {
            throw CheckpointError("\(home.path) was run with other settings or data: repeat them, or choose another --out")
          }
          begin(variant, seed, place, total, true)
          runs.append(record)
        } else {
          begin(variant, seed, place, total, false)
          runs.append(try job.run(in: home, report: report, shouldStop: shouldStop))
        }
      }
      results.append(try result(variant, runs))
    }
    return StudyResult(results)
  }

  private func result(_ variant: Variant, _ runs: [RunRecord]) throws -> VariantResult {
    let predictions = try plan.seeds.map { seed in
      try TrainingJob.Predictions.read(StudyPlan.folder(variant, seed: seed, in: folder))
    }
    let data = plan.template.data
    func hits(_ predicted: [[Int]], _ targets: [Int]) throws -> [Double] {
      guard predicted.allSatisfy({ $0.count == targets.count }) else {
        throw CheckpointError("\(folder.path): the predictions of \(variant) are of other data: remove its folder and run again")
      }
      return targets.indices.map { index in
        Double(predicted.reduce(0) { $0 + ($1[index] == targets[index] ? 1 : 0) }) / Double(predicted.count)
      }
    }
    return VariantResult(
      variant: variant, runs: runs,
      validationHits: try data.validation.map { set in try hits(predictions.map { $0.validation ?? [] }, set.targets) },
      testHits: try hits(predictions.map(\.test), data.test.targets))
  }
}
