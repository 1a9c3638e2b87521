import Classification
import Foundation

/// What a user asks of the model to recommend.
public struct Requirements: Sendable, Equatable {
  /// Points of accuracy that the model may lie below the best; nil asks for no significant difference instead.
  public var withinPoints: Double?
  public var sizeLimitBytes: Int?
  public var latencyLimitMilliseconds: Double?

  public init(
    withinPoints: Double? = nil, sizeLimitBytes: Int? = nil, latencyLimitMilliseconds: Double? = nil
  ) {
    self.withinPoints = withinPoints
    self.sizeLimitBytes = sizeLimitBytes
    self.latencyLimitMilliseconds = latencyLimitMilliseconds
  }

  /// A model whose latency was never measured meets no limit on it.
  func areMet(by result: VariantResult) -> Bool {
    if let sizeLimitBytes, result.sizeBytes > sizeLimitBytes { return false }
    if let latencyLimitMilliseconds, result.latencyMilliseconds ?? .infinity > latencyLimitMilliseconds {
      return false
    }
    return true
  }

  var limits: String {
    [
      sizeLimitBytes.map { String(format: "at most %.1f MB", Double($0) / 1e6) },
      latencyLimitMilliseconds.map { String(format: "at most %.1f ms a text", $0) },
    ].compactMap { $0 }.joined(separator: " and ")
  }
}

/// The smallest model that is as good as the best: not significantly worse, or within the points that the user gives.
public struct Recommendation: Sendable {
  public let recommended: VariantResult
  /// The most accurate on the selection set of those that meet the limits; of equal ones the smallest.
  public let best: VariantResult
  /// best minus recommended on the selection set
  public let difference: Statistics.PairedDifference
  public let selectedOnTest: Bool
  public let examples: Int
  public let requirements: Requirements

  /// The gain that the test would have called significant, in accuracy.
  public var detectable: Double { Statistics.z95OneSided * difference.standardError }

  public var sentence: String {
    let split = selectedOnTest ? "test" : "validation"
    let name = recommended.variant.description
    let figure = String(format: "%.2f %%", Statistics.average(recommended.selectionHits) * 100)
    let among = requirements.limits.isEmpty ? "" : " of those with \(requirements.limits)"
    let gauge = requirements.withinPoints.map { String(format: "more than %g points", $0) } ?? "significantly"
    if recommended.variant == best.variant {
      return
        "Recommended: \(name), the best\(among.isEmpty ? " of all" : among) with \(figure) on \(examples) \(split) examples; "
        + "every smaller model is \(gauge) worse."
    }
    let head = String(
      format:
        "Recommended: %@ (%.1f M parameters, %@ on %d %@ examples): the smallest model%@ not %@ worse than the best, "
        + "%@ (%.1f M, %.2f %%).", name, Double(recommended.parameters) / 1e6, figure, examples, split, among,
      gauge,
      best.variant.description, Double(best.parameters) / 1e6, Statistics.average(best.selectionHits) * 100)
    if requirements.withinPoints != nil {
      return head + String(format: " The gap is %.2f points.", difference.mean * 100)
    }
    return head
      + String(
        format: " The gap of %.2f points is within what this many examples can tell apart (%.2f).",
        difference.mean * 100,
        detectable * 100)
  }
}

extension StudyResult {
  /// nil for an empty study, and where no model meets the limits.
  public var recommendation: Recommendation? {
    let bySize = results.filter(requirements.areMet)
      .sorted { ($0.parameters, $0.variant.blockCount) < ($1.parameters, $1.variant.blockCount) }
    guard let first = bySize.first, first.selectionHits.count > 1 else { return nil }
    let best = bySize.dropFirst().reduce(first) {
      Statistics.average($1.selectionHits) > Statistics.average($0.selectionHits) ? $1 : $0
    }
    for result in bySize {
      let difference = Statistics.pairedDifference(result.selectionHits, best.selectionHits)
      let isAsGood =
        requirements.withinPoints.map { difference.mean * 100 <= $0 + 1e-9 } ?? !difference.isSignificantGain
      if isAsGood {
        return Recommendation(
          recommended: result, best: best, difference: difference, selectedOnTest: selectedOnTest,
          examples: result.selectionHits.count, requirements: requirements)
      }
    }
    return nil
  }
}
