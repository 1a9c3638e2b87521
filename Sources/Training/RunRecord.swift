import Foundation

/// What one epoch did.
public struct EpochRecord: Codable, Sendable, Equatable {
  public let epoch: Int
  public let trainLoss: Double
  public let validation: Metrics?
  /// Only where epochs are selected on the test set.
  public let test: Metrics?
  public let seconds: Double
  public let tokens: Int

  enum CodingKeys: String, CodingKey {
    case epoch, validation, test, seconds, tokens
    case trainLoss = "train_loss"
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
  /// Of settings and data: a run with the same one would give the same weights.
  public let fingerprint: String
  /// The settings that the figures belong to, in snake case.
  public let settings: [String: JSONValue]

  public var peak: EpochRecord { epochs[peakEpoch - 1] }
  public var validationAccuracy: Double? { peak.validation?.accuracy }
  public var trainSeconds: Double { epochs.reduce(0) { $0 + $1.seconds } }
  public var tokensPerSecond: Double { trainSeconds > 0 ? Double(epochs.reduce(0) { $0 + $1.tokens }) / trainSeconds : 0 }
}

extension RunRecord: Codable {
  enum CodingKeys: String, CodingKey {
    case variant, seed, parameters, settings, test, history, epochs, fingerprint
    case peakEpoch = "peak_epoch"
    case sizeBytes = "size_bytes"
    case inferenceExamplesPerSecond = "inference_examples_per_second"
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
    fingerprint = try values.decode(String.self, forKey: .fingerprint)
    settings = try values.decode([String: JSONValue].self, forKey: .settings)
    guard epochs.indices.contains(peakEpoch - 1) else {
      throw DecodingError.dataCorruptedError(forKey: .peakEpoch, in: values, debugDescription: "no such epoch")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(variant, forKey: .variant)
    try values.encode(seed, forKey: .seed)
    try values.encode(epochs.count, forKey: .epochs)
    try values.encode(peakEpoch, forKey: .peakEpoch)
    try values.encode(validationAccuracy, forKey: .validationAccuracy)
    try values.encode(test.accuracy, forKey: .testAccuracy)
    try values.encode(test.macroF1, forKey: .testMacroF1)
    try values.encode(trainSeconds, forKey: .trainSeconds)
    try values.encode(tokensPerSecond, forKey: .tokensPerSecond)
    try values.encode(parameters, forKey: .parameters)
    try values.encode(sizeBytes, forKey: .sizeBytes)
    try values.encode(inferenceExamplesPerSecond, forKey: .inferenceExamplesPerSecond)
    try values.encode(test, forKey: .test)
    try values.encode(epochs, forKey: .history)
    try values.encode(fingerprint, forKey: .fingerprint)
    try values.encode(settings, forKey: .settings)
  }
}

/// A JSON scalar, for settings of several types.
public enum JSONValue: Codable, Sendable, Hashable {
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case null

  /// - Precondition: `value` is a boolean, number or string.
  public init(_ value: Any) {
    switch value {
    case let value as String: self = .string(value)
    case let value as Bool: self = .bool(value)
    case let value as Int: self = .int(value)
    case let value as Double: self = .double(value)
    default: self = .null
    }
  }

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let int = try? value.decode(Int.self) {
      self = .int(int)
    } else if let double = try? value.decode(Double.self) {
      self = .double(double)
    } else {
      self = .string(try value.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .bool(let value): try container.encode(value)
    case .int(let value): try container.encode(value)
    case .double(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }
}
