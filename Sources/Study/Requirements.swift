import Foundation
import Training

/// What makes a model small.
public enum ModelCost: String, Sendable, CaseIterable, Codable {
  case parameters, bytes, latency
  /// Peak of the process that trained it
  case memory

  /// A model for which it was never measured costs more than all others.
  public func value(_ result: VariantResult) -> Double {
    switch self {
    case .parameters: Double(result.parameters)
    case .bytes: Double(result.sizeBytes)
    case .latency: result.latencyMilliseconds ?? .infinity
    case .memory: result.peakMemoryBytes.map(Double.init) ?? .infinity
    }
  }

  func text(_ result: VariantResult) -> String {
    let value = value(result)
    guard value.isFinite else { return "not measured" }
    return switch self {
    case .parameters: String(format: "%.1f M parameters", value / 1e6)
    case .bytes: String(format: "%.1f MB", value / 1e6)
    case .latency: String(format: "%.2f ms a text", value)
    case .memory: String(format: "%.2f GB in training", value / 1e9)
    }
  }
}

/// What a user asks of the model to recommend.
public struct Requirements: Sendable, Hashable {
  /// Points of the metric that the model may truly lose against the best
  public var withinPoints: Double
  public var smallestBy: ModelCost
  public var sizeLimitBytes: Int?
  public var latencyLimitMilliseconds: Double?
  /// accuracy or macro-F1; nil takes what the runs chose their epochs by, accuracy where that was the loss.
  public var metric: Metric?

  public init(
    withinPoints: Double = 1, smallestBy: ModelCost = .parameters, sizeLimitBytes: Int? = nil,
    latencyLimitMilliseconds: Double? = nil, metric: Metric? = nil
  ) {
    self.withinPoints = withinPoints
    self.smallestBy = smallestBy
    self.sizeLimitBytes = sizeLimitBytes
    self.latencyLimitMilliseconds = latencyLimitMilliseconds
    self.metric = metric
  }

  /// A model whose latency was never measured meets no limit on it.
  func areMet(by result: VariantResult) -> Bool {
    if let sizeLimitBytes, result.sizeBytes > sizeLimitBytes { return false }
    if let latencyLimitMilliseconds, result.latencyMilliseconds ?? .infinity > latencyLimitMilliseconds {
      return false
    }
    return true
  }

  /// How many times a model is beyond the limit that it misses most.
  func excess(_ result: VariantResult) -> Double {
    max(
      sizeLimitBytes.map { Double(result.sizeBytes) / Double($0) } ?? 0,
      latencyLimitMilliseconds.map { (result.latencyMilliseconds ?? .infinity) / $0 } ?? 0)
  }

  /// What a model has of what is limited, in words.
  func measured(_ result: VariantResult) -> String {
    [
      sizeLimitBytes.map { _ in ModelCost.bytes.text(result) },
      latencyLimitMilliseconds.map { _ in
        result.latencyMilliseconds == nil ? "a latency that was not measured" : ModelCost.latency.text(result)
      },
    ].compactMap { $0 }.joined(separator: " and ")
  }

  /// In words; empty without limits.
  var limits: String {
    [
      sizeLimitBytes.map { String(format: "at most %.1f MB", Double($0) / 1e6) },
      latencyLimitMilliseconds.map { String(format: "at most %.1f ms a text", $0) },
    ].compactMap { $0 }.joined(separator: " and ")
  }
}
