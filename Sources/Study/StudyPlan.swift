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

  public func job(_ variant: Variant, seed: UInt64) -> TrainingJob {
    var job = template
    job.variant = variant
    job.options.seed = seed
    if let batchSize { job.options.batchSize = batchSize(variant.blockCount) }
    return job
  }

  /// What a run is called, on disk and in commands: `3VA-s1`.
  public static func name(_ variant: Variant, seed: UInt64) -> String { "\(variant.folderName)-s\(seed)" }

  public static func folder(_ variant: Variant, seed: UInt64, in out: URL) -> URL {
    out.appendingPathComponent("models").appendingPathComponent(name(variant, seed: seed))
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
