import Files
import Encoder
import Checkpoint
import Classification
import Foundation
import Training

/// A grid of variants and seeds with the settings that all runs share.
public struct StudyPlan {
  public var variants: [Variant]
  public var seeds: [UInt64]
  /// What every run starts from; variant and seed are put in.
  public var template: TrainingJob
  /// The data of each fold of a cross-validation, in which every training example is validated once; empty
  /// without.
  public var folds: [TrainingData] = []
  /// Changes each run's job after variant and seed were put in.
  public var adjust: (inout TrainingJob) -> Void = { _ in }

  /// - Throws: when a variant is named twice.
  public init(variants: [Variant], seeds: Int, template: TrainingJob) throws {
    if let twice = variants.first(where: { variant in variants.count { $0 == variant } > 1 }) {
      throw FathomError(.setting, "\(.variants) names \(twice) twice", mend: "name each once")
    }
    self.variants = variants
    self.seeds = (0..<UInt64(seeds)).map { template.options.seed + $0 }
    self.template = template
  }

  /// Makes sure that the model has the blocks and positions that every variant asks for, before the first run
  /// starts.
  /// - Parameter config: the model's.
  public func check(_ config: any EncoderConfig) throws {
    for variant in variants {
      guard case .bert(let blocks) = variant.encoder else { continue }
      do { _ = try blocks.selection.indices(of: config.blockCount) } catch let error as FathomError {
        throw FathomError(error.code, at: "variant \(variant)", error.what, mend: error.mend)
      }
    }
    guard template.text.maximumLength <= config.maximumPositions else {
      throw FathomError(
        .setting, at: template.model.path,
        "a length of \(template.text.maximumLength) tokens is more than its \(config.maximumPositions) positions",
        mend: "lower \(.maximumLength)")
    }
  }

  /// One run of the grid.
  public struct Run: Sendable {
    public let variant: Variant
    public let seed: UInt64
    /// From 0; nil without cross-validation
    public let fold: Int?

    public var name: String { StudyPlan.name(variant, seed: seed, fold: fold) }
    var key: RunKey { RunKey(variant: variant.description, seed: seed, fold: fold) }

    func folder(in out: URL) -> URL { StudyPlan.folder(variant, seed: seed, fold: fold, in: out) }
  }

  /// Variant by variant, seed by seed, fold by fold
  public var runs: [Run] {
    let parts: [Int?] = folds.isEmpty ? [nil] : folds.indices.map { $0 }
    return variants.flatMap { variant in
      seeds.flatMap { seed in parts.map { Run(variant: variant, seed: seed, fold: $0) } }
    }
  }

  public func job(_ run: Run) -> TrainingJob {
    var job = template
    job.variant = run.variant
    job.options.seed = run.seed
    if let fold = run.fold { job.data = folds[fold] }
    adjust(&job)
    return job
  }

  /// The job that trains a variant on all training examples of a cross-validation, for as many epochs as were
  /// best in the middle of its folds: nothing is left to select an epoch on.
  /// - Parameter peakEpochs: of the folds' runs.
  /// - Precondition: there is a fold, and a number for each.
  public func finalJob(_ variant: Variant, peakEpochs: [Int], data: TrainingData) -> TrainingJob {
    precondition(!folds.isEmpty && !peakEpochs.isEmpty, "a final model follows from folds")
    var job = job(Run(variant: variant, seed: seeds[0], fold: nil))
    job.data = data
    job.options.selection = .last
    job.options.epochs = peakEpochs.sorted()[peakEpochs.count / 2]
    return job
  }

  /// What a run is called, on disk and in commands: `3VA-s1`, or `3VA-s1-f2` for the second fold.
  /// - Parameter fold: from 0; nil without cross-validation.
  public static func name(_ variant: Variant, seed: UInt64, fold: Int? = nil) -> String {
    "\(variant.folderName)-s\(seed)" + (fold.map { "-f\($0 + 1)" } ?? "")
  }

  public static func folder(_ variant: Variant, seed: UInt64, fold: Int? = nil, in out: URL) -> URL {
    out.appendingPathComponent("models").appendingPathComponent(name(variant, seed: seed, fold: fold))
  }
}
