import Classification
import Foundation
import Training

/// What a study knows of one variant, over its seeds.
public struct VariantResult: Sendable {
  public let variant: Variant
  public let runs: [RunRecord]
  /// For each validation example the share of seeds that got it right; nil where selection was on the test set.
  public let validationHits: [Double]?
  public let testHits: [Double]

  /// - Precondition: at least one run; the hits are of the same examples in every result of a study.
  public init(variant: Variant, runs: [RunRecord], validationHits: [Double]?, testHits: [Double]) {
    precondition(!runs.isEmpty, "a result needs a run")
    self.variant = variant
    self.runs = runs
    self.validationHits = validationHits
    self.testHits = testHits
  }

  public var parameters: Int { runs[0].parameters }
  public var sizeBytes: Int { runs[0].sizeBytes }
  public var peakEpochs: String { runs.map { String($0.peakEpoch) }.joined(separator: "/") }
  public var validationAccuracy: Double? { validationHits.map(Statistics.average) }
  public var testAccuracy: Double { Statistics.average(runs.map(\.test.accuracy)) }
  public var testInterval: ClosedRange<Double> {
    Statistics.interval(runs.map(\.test.accuracy), count: runs[0].test.count)
  }
  public var testMacroF1: Double { Statistics.average(runs.map(\.test.macroF1)) }
  public var trainSeconds: Double { Statistics.average(runs.map(\.trainSeconds)) }
  public var inferenceExamplesPerSecond: Double { Statistics.average(runs.map(\.inferenceExamplesPerSecond)) }

  /// What models are chosen on: validation, or the test set where the protocol of 2019 asks for it.
  var selectionHits: [Double] { validationHits ?? testHits }
}

/// The gain from one depth to the next with the same head and end of the encoder.
public struct DepthDelta: Sendable {
  public let from: Variant
  public let to: Variant
  /// In test accuracy
  public let difference: Statistics.PairedDifference
}

/// The smallest model that is not significantly worse than the best.
public struct Recommendation: Sendable {
  public let recommended: VariantResult
  public let best: VariantResult
  /// best minus recommended on the selection set
  public let difference: Statistics.PairedDifference
  public let selectedOnTest: Bool
  public let examples: Int

  /// The gain that the test would have called significant, in accuracy.
  public var detectable: Double { Statistics.z95OneSided * difference.standardError }

  public var sentence: String {
    let split = selectedOnTest ? "test" : "validation"
    let name = recommended.variant.description
    let figure = String(format: "%.2f %%", Statistics.average(recommended.selectionHits) * 100)
    if recommended.variant == best.variant {
      return
        "Recommended: \(name), the best of all with \(figure) on \(examples) \(split) examples; every smaller model is significantly worse."
    }
    return String(
      format: "Recommended: %@ (%.1f M parameters, %@ on %d %@ examples): the smallest model not significantly worse than the best, "
        + "%@ (%.1f M, %.2f %%). The gap of %.2f points is within what this many examples can tell apart (%.2f).",
      name, Double(recommended.parameters) / 1e6, figure, examples, split, best.variant.description,
      Double(best.parameters) / 1e6, Statistics.average(best.selectionHits) * 100, difference.mean * 100, detectable * 100)
  }
}

/// A study's results and what follows from them.
public struct StudyResult: Sendable {
  public let results: [VariantResult]

  public init(_ results: [VariantResult]) { self.results = results }

  public var selectedOnTest: Bool { results.contains { $0.validationHits == nil } }

  /// In the order of the table: each depth against the next one that was run.
  public var deltas: [DepthDelta] {
    var families: [String: [VariantResult]] = [:]
    var order: [String] = []
    for result in results {
      guard case .bert(let blocks) = result.variant.encoder else { continue }
      if case .list = blocks { continue }
      let family = result.variant.head.rawValue + result.variant.source
      if families[family] == nil { order.append(family) }
      families[family, default: []].append(result)
    }
    return order.flatMap { family -> [DepthDelta] in
      let sorted = families[family]!.sorted { $0.variant.blockCount < $1.variant.blockCount }
      return zip(sorted, sorted.dropFirst()).map { shallow, deep in
        DepthDelta(
          from: shallow.variant, to: deep.variant,
          difference: Statistics.pairedDifference(shallow.testHits, deep.testHits))
      }
    }
  }

  /// nil for an empty study. The best is the most accurate on the selection set; of equal ones the smallest.
  public var recommendation: Recommendation? {
    let bySize = results.sorted { ($0.parameters, $0.variant.blockCount) < ($1.parameters, $1.variant.blockCount) }
    guard let first = bySize.first, first.selectionHits.count > 1 else { return nil }
    var best = first
    for result in bySize where Statistics.average(result.selectionHits) > Statistics.average(best.selectionHits) { best = result }
    for result in bySize {
      let difference = Statistics.pairedDifference(result.selectionHits, best.selectionHits)
      if !difference.isSignificantGain {
        return Recommendation(
          recommended: result, best: best, difference: difference, selectedOnTest: selectedOnTest,
          examples: result.selectionHits.count)
      }
    }
    return nil
  }
}
