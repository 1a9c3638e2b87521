import Foundation

/// The few tests that a comparison of classifiers needs.
public enum Statistics {
  static let z95 = 1.959964
  static let z95OneSided = 1.644854

  /// 95 % interval of a proportion.
  /// - Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
  public static func wilson(_ share: Double, count: Int) -> ClosedRange<Double> {
    let n = Double(count), z2 = z95 * z95
    let centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    let half = z95 / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n * n)).squareRoot()
    return max(0, centre - half)...min(1, centre + half)
  }

  /// 95 % interval of an accuracy over examples and, with several, over seeds.
  /// - Parameters:
  ///   - accuracies: one of each seed.
  ///   - count: test examples, the same for all.
  public static func interval(_ accuracies: [Double], count: Int) -> ClosedRange<Double> {
    let mean = average(accuracies)
    let overExamples = wilson(mean, count: count)
    guard accuracies.count > 1 else { return overExamples }
    let seedVariance = variance(accuracies) / Double(accuracies.count)
    func widened(_ half: Double) -> Double { (half * half + z95 * z95 * seedVariance).squareRoot() }
    return max(0, mean - widened(mean - overExamples.lowerBound))...min(1, mean + widened(overExamples.upperBound - mean))
  }

  /// A difference of accuracies on the same examples, with its standard error.
  public struct PairedDifference: Sendable, Equatable {
    public let mean: Double
    public let standardError: Double

    public var interval: ClosedRange<Double> { mean - z95 * standardError...mean + z95 * standardError }
    /// Whether the second is better by a one-sided test at 5 %.
    public var isSignificantGain: Bool { mean > 0 && mean > z95OneSided * standardError }
  }

  /// `second` minus `first`: shares of seeds that got each example right, compared example by example; with one seed
  /// this is McNemar's test in its normal form.
  /// - Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions".
  /// - Precondition: as many examples in both, two at least.
  public static func pairedDifference(_ first: [Double], _ second: [Double]) -> PairedDifference {
    precondition(first.count == second.count && first.count > 1, "a paired test needs the same examples")
    let differences = zip(first, second).map { $1 - $0 }
    return PairedDifference(
      mean: average(differences), standardError: (variance(differences) / Double(differences.count)).squareRoot())
  }

  public static func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

  static func variance(_ values: [Double]) -> Double {
    let mean = average(values)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count - 1, 1))
  }
}
