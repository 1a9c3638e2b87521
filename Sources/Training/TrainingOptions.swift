import Encoder
import Torch

/// How a classifier is trained. The defaults are the fair preset of a study.
public struct TrainingOptions: Sendable, Equatable {
  public enum Selection: String, Sendable, CaseIterable {
    /// The best epoch by validation accuracy
    case validation
    /// The best epoch by test accuracy, as the study of 2019 did: its figure is optimistic
    case test
  }

  public enum Schedule: String, Sendable, CaseIterable { case constant, linear }

  public enum Precision: String, Sendable, CaseIterable, Codable {
    case fp32, bf16

    public var dtype: DType { self == .bf16 ? .bfloat16 : .float32 }
  }

  public var epochs = 10
  /// Examples between two updates, whatever the accumulation.
  public var batchSize = 32
  /// Parts that a batch is cut into to save memory.
  public var accumulation = 1
  public var bertLearningRate = 3e-5
  public var headLearningRate = 1e-3
  public var weightDecay = 0.01
  public var schedule = Schedule.constant
  /// Share of all steps in which the rate rises from 0.
  public var warmup = 0.0
  /// Joint norm that gradients are clipped to; nil leaves them.
  public var clipNorm: Double? = nil
  /// Epochs without a better one after which training stops; nil never does.
  public var patience: Int? = nil
  public var selection = Selection.validation
  public var seed: UInt64 = 1
  public var precision = Precision.fp32
  public var device = Device.cpu

  public init() {}

  /// The factor on every learning rate at a step (from 0) of so many.
  public func rate(step: Int, of total: Int) -> Double {
    let warmupSteps = Int((Double(total) * warmup).rounded())
    if step < warmupSteps { return Double(step + 1) / Double(warmupSteps) }
    if schedule == .constant { return 1 }
    return Double(total - step) / Double(max(1, total - warmupSteps))
  }

  /// Everything that changes the weights a run ends with, as snake-case keys for the outputs.
  public var json: [String: Any] {
    [
      "epochs_planned": epochs, "batch_size": batchSize, "accumulation": accumulation,
      "bert_lr": bertLearningRate,
      "head_lr": headLearningRate, "weight_decay": weightDecay, "schedule": schedule.rawValue,
      "warmup": warmup,
      "clip_norm": clipNorm ?? 0, "patience": patience ?? 0, "select_on": selection.rawValue,
      "seed": Int(seed),
      "precision": precision.rawValue, "device": device.description,
    ]
  }
}
