import Foundation

/// What one epoch did.
public struct EpochRecord: Codable, Sendable, Equatable {
  public let epoch: Int
  public let trainLoss: Double
  public let validation: Metrics?
  /// Only where epochs are selected on the test set.
  public let test: Metrics?
  /// Mean loss (nats) of masked tokens that were held out, in pretraining
  public let heldOutLoss: Double?
  public let seconds: Double
  public let tokens: Int

  enum CodingKeys: String, CodingKey {
    case epoch, validation, test, seconds, tokens
    case trainLoss = "train_loss"
    case heldOutLoss = "held_out_loss"
  }

  public init(
    epoch: Int, trainLoss: Double, validation: Metrics?, test: Metrics?, heldOutLoss: Double? = nil,
    seconds: Double,
    tokens: Int
  ) {
    self.heldOutLoss = heldOutLoss
    self.epoch = epoch
    self.trainLoss = trainLoss
    self.validation = validation
    self.test = test
    self.seconds = seconds
    self.tokens = tokens
  }
}

/// A test example that the model got wrong.
public struct Mistake: Codable, Sendable, Equatable {
  /// Its place in the test set, from 0
  public let example: Int
  /// The first 600 characters
  public let text: String
  public let label: String
  public let predicted: String
  /// Of the answer; nil for numbers
  public let probability: Double?

  public init(example: Int, text: String, label: String, predicted: String, probability: Double?) {
    self.example = example
    self.text = text.count > 600 ? text.prefix(600) + "…" : text
    self.label = label
    self.predicted = predicted
    self.probability = probability
  }
}

/// What a finished run found.
public struct RunRecord: Sendable {
  public let variant: String
  public let seed: UInt64
  public let epochs: [EpochRecord]
  public let peakEpoch: Int
  public let test: Metrics
  public let parameters: Int
  public let sizeBytes: Int
  public let inferenceExamplesPerSecond: Double
  /// The median of single texts, one after another
  public let latencyMilliseconds: Double?
  /// Of the process during the run; nil where the system does not say
  public let peakMemoryBytes: Int?
  /// Class names in the order of the confusion matrix; nil for runs of Fathom before they were kept.
  public let classes: [String]?
  /// The most confident ones, the worst first; nil for runs of Fathom before they were kept.
  public let mistakes: [Mistake]?
  /// Of settings, model and data: a run with the same one would give the same weights.
  public let identity: String
  /// What the figures belong to.
  public let settings: RunSettings

  /// - Precondition: `peakEpoch` counts from 1 and is one of `epochs`.
  public init(
    variant: String, seed: UInt64, epochs: [EpochRecord], peakEpoch: Int, test: Metrics, parameters: Int,
    sizeBytes: Int,
    inferenceExamplesPerSecond: Double, latencyMilliseconds: Double? = nil, peakMemoryBytes: Int? = nil,
    classes: [String]? = nil,
    mistakes: [Mistake]? = nil, identity: String, settings: RunSettings
  ) {
    precondition(epochs.indices.contains(peakEpoch - 1), "epoch \(peakEpoch) of \(epochs.count)")
    self.variant = variant
    self.seed = seed
    self.epochs = epochs
    self.peakEpoch = peakEpoch
    self.test = test
    self.parameters = parameters
    self.sizeBytes = sizeBytes
    self.inferenceExamplesPerSecond = inferenceExamplesPerSecond
    self.latencyMilliseconds = latencyMilliseconds
    self.peakMemoryBytes = peakMemoryBytes
    self.classes = classes
    self.mistakes = mistakes
    self.identity = identity
    self.settings = settings
  }

  public var peak: EpochRecord { epochs[peakEpoch - 1] }
  public var validationAccuracy: Double? { peak.validation?[.accuracy] }
  public var trainSeconds: Double { epochs.reduce(0) { $0 + $1.seconds } }
  public var tokensPerSecond: Double {
    trainSeconds > 0 ? Double(epochs.reduce(0) { $0 + $1.tokens }) / trainSeconds : 0
  }
}

extension RunRecord: Codable {
  enum CodingKeys: String, CodingKey {
    case variant, seed, parameters, settings, test, history, epochs, identity, fingerprint, classes, mistakes
    case peakEpoch = "peak_epoch"
    case sizeBytes = "size_bytes"
    case inferenceExamplesPerSecond = "inference_examples_per_second"
    case latencyMilliseconds = "latency_milliseconds"
    case peakMemoryBytes = "peak_memory_bytes"
    case validationAccuracy = "validation_accuracy"
    case testAccuracy = "test_accuracy"
    case testMacroF1 = "test_macro_f1"
    case trainSeconds = "train_seconds"
    case tokensPerSecond = "tokens_per_second"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    variant = try values.decode(String.self, forKey: .variant)
    seed = try values.decode(UInt64.self, forKey: .seed)
    epochs = try values.decode([EpochRecord].self, forKey: .history)
    peakEpoch = try values.decode(Int.self, forKey: .peakEpoch)
    test = try values.decode(Metrics.self, forKey: .test)
    parameters = try values.decode(Int.self, forKey: .parameters)
    sizeBytes = try values.decode(Int.self, forKey: .sizeBytes)
    inferenceExamplesPerSecond = try values.decode(Double.self, forKey: .inferenceExamplesPerSecond)
    latencyMilliseconds = try values.decodeIfPresent(Double.self, forKey: .latencyMilliseconds)
    peakMemoryBytes = try values.decodeIfPresent(Int.self, forKey: .peakMemoryBytes)
    classes = try values.decodeIfPresent([String].self, forKey: .classes)
    mistakes = try values.decodeIfPresent([Mistake].self, forKey: .mistakes)
    // Earlier versions called it so and left the model out of it.
    identity =
      try values.decodeIfPresent(String.self, forKey: .identity)
      ?? values.decode(String.self, forKey: .fingerprint)
    settings = try RunSettings(migrating: values.superDecoder(forKey: .settings))
    guard epochs.indices.contains(peakEpoch - 1) else {
      throw DecodingError.dataCorruptedError(
        forKey: .peakEpoch, in: values, debugDescription: "no such epoch")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(variant, forKey: .variant)
    try values.encode(seed, forKey: .seed)
    try values.encode(epochs.count, forKey: .epochs)
    try values.encode(peakEpoch, forKey: .peakEpoch)
    try values.encode(validationAccuracy, forKey: .validationAccuracy)
    try values.encodeIfPresent(test[.accuracy], forKey: .testAccuracy)
    try values.encodeIfPresent(test[.macroF1], forKey: .testMacroF1)
    try values.encode(trainSeconds, forKey: .trainSeconds)
    try values.encode(tokensPerSecond, forKey: .tokensPerSecond)
    try values.encode(parameters, forKey: .parameters)
    try values.encode(sizeBytes, forKey: .sizeBytes)
    try values.encode(inferenceExamplesPerSecond, forKey: .inferenceExamplesPerSecond)
    try values.encode(latencyMilliseconds, forKey: .latencyMilliseconds)
    try values.encode(peakMemoryBytes, forKey: .peakMemoryBytes)
    try values.encode(test, forKey: .test)
    try values.encode(epochs, forKey: .history)
    try values.encode(classes, forKey: .classes)
    try values.encode(mistakes, forKey: .mistakes)
    try values.encode(identity, forKey: .identity)
    try values.encode(settings, forKey: .settings)
  }
}
