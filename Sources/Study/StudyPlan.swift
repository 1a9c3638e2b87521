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
  /// The data of each fold of a cross-validation, in which every training example is validated once; empty without.
  public var folds: [TrainingData] = []
  /// Batch size by blocks, for the protocol of 2019; nil keeps the template's for all.
  public var batchSize: ((Int) -> Int)?

  /// - Throws: when a variant is named twice.
  public init(variants: [Variant], seeds: Int, template: TrainingJob) throws {
    guard Set(variants).count == variants.count else {
      throw CheckpointError("--variants names one twice: name each once")
    }
    self.variants = variants
    self.seeds = (0..<UInt64(seeds)).map { template.options.seed + $0 }
    self.template = template
  }

  /// Makes sure that the model has the blocks and positions that every variant asks for, before the first run starts.
  public func check() throws {
    let config = try BERTConfig(folder: template.model)
    for variant in variants {
      guard case .bert(let blocks) = variant.encoder else { continue }
      do { _ = try blocks.selection.indices(of: config.blockCount) } catch {
        throw CheckpointError("variant \(variant): \(error)")
      }
    }
    guard template.text.maximumLength <= config.maximumPositions else {
      throw CheckpointError(
        "a maximum length of \(template.text.maximumLength) is more than the \(config.maximumPositions) positions of \(template.model.path)"
      )
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
    if let batchSize { job.options.batchSize = batchSize(run.variant.blockCount) }
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

/// The study of 2019 on IMDB.
public enum IMDB2019 {
  /// The rows of its table, in its order.
  public static let variants: [String] =
    ["baseline-custom", "baseline-bert"]
    + (1...3).flatMap { blocks in ["VA", "VF", "LV", "LC", "LBD"].map { "\(blocks)\($0)" } }
    + ["4VA", "4VF", "4LV", "4LBD"] + ["5VA", "5VF", "5LV"] + ["6VA", "6VF", "6LV"] + ["12VA"]

  /// Its test accuracies in percent, each of the epoch that was best on the test set.
  public static let accuracies: [String: Double] = [
    "baseline-custom": 86.23, "baseline-bert": 87.12, "1VA": 88.22, "1VF": 86.94, "1LV": 87.35,
    "1LC": 87.32, "1LBD": 86.84, "2VA": 89.03, "2VF": 88.87, "2LV": 88.85,
    "2LC": 88.36, "2LBD": 88.00, "3VA": 90.76, "3VF": 89.84, "3LV": 90.30,
    "3LC": 89.55, "3LBD": 88.20, "4VA": 91.30, "4VF": 90.29, "4LV": 90.96,
    "4LBD": 87.90, "5VA": 91.56, "5VF": 90.62, "5LV": 91.25, "6VA": 91.91,
    "6VF": 90.93, "6LV": 91.48, "12VA": 92.78,
  ]

  public static let epochs = 10
  public static let maximumLength = 512

  public static func batchSize(blocks: Int) -> Int { blocks <= 4 ? 32 : blocks <= 6 ? 16 : 8 }
}
