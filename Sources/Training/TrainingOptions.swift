import Classification
import Files
import Torch

/// How a classifier is trained. The defaults are the fair preset of a study.
public struct TrainingOptions: Sendable, Hashable {
  public enum Selection: String, Sendable, CaseIterable, Codable {
    /// The best epoch on validation examples
    case validation
    /// The best epoch on the test set, as the study of 2019 did: its figure is optimistic
    case test
    /// The last epoch, where their number is known: nothing is held out
    case last
  }

  public enum Batching: String, Sendable, CaseIterable, Codable {
    /// Texts of like length together, which is faster
    case likeLengths = "like-lengths"
    /// As they were shuffled
    case shuffled
  }

  public enum Schedule: String, Sendable, CaseIterable, Codable { case constant, linear }

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
  /// Decay rates of AdamW's first and second moments.
  public var beta1 = 0.9
  public var beta2 = 0.999
  /// Added to the root of AdamW's second moment.
  public var epsilon = 1e-8
  public var schedule = Schedule.constant
  /// Share of all steps in which the rate rises from 0.
  public var warmup = 0.0
  /// Joint norm that gradients are clipped to; nil leaves them.
  public var clipNorm: Double? = nil
  /// Epochs without a better one after which training stops; nil never does.
  public var patience: Int? = nil
  public var selection = Selection.validation
  /// What makes an epoch the best one.
  public var metric = Metric.accuracy
  /// How the examples of an epoch are put together in batches.
  public var batching = Batching.likeLengths
  /// Accuracy and loss are means over batches of `batchSize` examples, of which the last may be smaller and
  /// weighs as much: nil, which is usual, takes them over examples.
  public var averagesOverBatches: Bool?
  /// How the loss is made.
  public var loss = LossOptions()
  /// What is fitted on the validation examples after the weights.
  public var decision = DecisionOptions()
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
}

/// What is fitted on held-out examples, beside the weights, to turn logits into answers.
public struct DecisionOptions: Sendable, Hashable, Codable {
  /// Of several labels per text: the threshold of each; otherwise all are a half.
  public var tunesThresholds = true
  /// The temperature that probabilities are calibrated with
  public var calibrates = false

  enum CodingKeys: String, CodingKey {
    case tunesThresholds = "tuned_thresholds"
    case calibrates = "calibrated"
  }

  public init() {}
}

extension TrainingOptions: Codable {
  enum CodingKeys: String, CodingKey {
    case loss, decision
    case epochs, accumulation, beta1, beta2, epsilon, schedule, warmup, patience, metric, seed, precision,
      device, batching
    case averagesOverBatches = "averages_over_batches"
    case batchSize = "batch_size"
    case bertLearningRate = "bert_lr"
    case headLearningRate = "head_lr"
    case weightDecay = "weight_decay"
    case clipNorm = "clip_norm"
    case selection = "select_on"
  }

  /// A key that is missing keeps its default: records of earlier versions lack the newer ones.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<T: Decodable>(_ key: CodingKeys, _ target: inout T) throws {
      if let value = try values.decodeIfPresent(T.self, forKey: key) { target = value }
    }
    try read(.epochs, &epochs)
    try read(.batchSize, &batchSize)
    try read(.accumulation, &accumulation)
    try read(.bertLearningRate, &bertLearningRate)
    try read(.headLearningRate, &headLearningRate)
    try read(.weightDecay, &weightDecay)
    try read(.beta1, &beta1)
    try read(.beta2, &beta2)
    try read(.epsilon, &epsilon)
    try read(.schedule, &schedule)
    try read(.warmup, &warmup)
    try read(.selection, &selection)
    try read(.metric, &metric)
    try read(.seed, &seed)
    try read(.precision, &precision)
    try read(.batching, &batching)
    try read(.loss, &loss)
    try read(.decision, &decision)
    averagesOverBatches = try values.decodeIfPresent(Bool.self, forKey: .averagesOverBatches)
    clipNorm = try values.decodeIfPresent(Double.self, forKey: .clipNorm)
    patience = try values.decodeIfPresent(Int.self, forKey: .patience)
    if let name = try values.decodeIfPresent(String.self, forKey: .device) { device = Device(recorded: name) }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(epochs, forKey: .epochs)
    try values.encode(batchSize, forKey: .batchSize)
    try values.encode(accumulation, forKey: .accumulation)
    try values.encode(bertLearningRate, forKey: .bertLearningRate)
    try values.encode(headLearningRate, forKey: .headLearningRate)
    try values.encode(weightDecay, forKey: .weightDecay)
    try values.encode(beta1, forKey: .beta1)
    try values.encode(beta2, forKey: .beta2)
    try values.encode(epsilon, forKey: .epsilon)
    try values.encode(schedule, forKey: .schedule)
    try values.encode(warmup, forKey: .warmup)
    try values.encodeIfPresent(clipNorm, forKey: .clipNorm)
    try values.encodeIfPresent(patience, forKey: .patience)
    try values.encode(selection, forKey: .selection)
    try values.encode(metric, forKey: .metric)
    try values.encode(seed, forKey: .seed)
    try values.encode(precision, forKey: .precision)
    // Not written where it is the usual one: the identity of earlier runs stays.
    if batching != .likeLengths { try values.encode(batching, forKey: .batching) }
    if loss != LossOptions() { try values.encode(loss, forKey: .loss) }
    if decision != DecisionOptions() { try values.encode(decision, forKey: .decision) }
    try values.encodeIfPresent(averagesOverBatches, forKey: .averagesOverBatches)
    try values.encode(device.description, forKey: .device)
  }
}

extension Device {
  /// A device that a record names, whether or not this machine has it.
  init(recorded name: String) {
    switch name.split(separator: ":").first {
    case "cuda": self = .cuda(name.split(separator: ":").last.flatMap { Int($0) } ?? 0)
    case "mps": self = .mps
    default: self = .cpu
    }
  }
}
