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

  /// 95 % interval of an accuracy: Wilson's over examples and, with several seeds, Student's t over them, in
  /// quadrature.
  /// - Parameters:
  ///   - accuracies: one of each seed.
  ///   - count: test examples, the same for all.
  public static func interval(_ accuracies: [Double], count: Int) -> ClosedRange<Double> {
    let mean = average(accuracies)
    let overExamples = wilson(mean, count: count)
    guard accuracies.count > 1 else { return overExamples }
    let seedError =
      studentT95(accuracies.count - 1) * (variance(accuracies) / Double(accuracies.count)).squareRoot()
    func widened(_ half: Double) -> Double { (half * half + seedError * seedError).squareRoot() }
    return max(
      0, mean - widened(mean - overExamples.lowerBound))...min(
        1, mean + widened(overExamples.upperBound - mean))
  }

  /// 95 % interval of any other figure: the normal one over examples, by the spread of what each adds to it,
  /// and Student's t over seeds, in quadrature.
  /// - Parameters:
  ///   - figures: one of each seed.
  ///   - scores: what each example adds (`ExampleScores`), averaged over seeds.
  public static func interval(_ figures: [Double], scores: [Double]) -> ClosedRange<Double> {
    let mean = average(figures)
    guard mean.isFinite, scores.count > 1 else { return mean.isFinite ? mean...mean : 0...0 }
    let exampleError = z95 * (variance(scores) / Double(scores.count)).squareRoot()
    let seedError =
      figures.count > 1
      ? studentT95(figures.count - 1) * (variance(figures) / Double(figures.count)).squareRoot() : 0
    let half = (exampleError * exampleError + seedError * seedError).squareRoot()
    return mean - half...mean + half
  }

  /// The 97.5 % quantile of Student's t, within 0.1 % of published tables.
  /// - Precondition: one degree of freedom at least.
  public static func studentT95(_ degrees: Int) -> Double {
    precondition(degrees >= 1, "t needs a degree of freedom")
    let first = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622]
    if degrees <= first.count { return first[degrees - 1] }
    // - Source: Abramowitz and Stegun 1964, 26.7.5.
    let z = z95, n = Double(degrees)
    let z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
      + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
  }

  /// A difference of figures on the same examples, with its standard error.
  public struct PairedDifference: Sendable, Equatable {
    public let mean: Double
    public let standardError: Double
    /// Of Student's t, where seeds have a part in the error; nil for the normal distribution
    let degrees: Double?

    init(mean: Double, standardError: Double, degrees: Double? = nil) {
      self.mean = mean
      self.standardError = standardError
      self.degrees = degrees
    }

    /// 95 %
    public var interval: ClosedRange<Double> {
      let half = quantile(tail: 0.025) * standardError
      return mean - half...mean + half
    }

    /// What the standard error is multiplied by for a one-sided bound.
    func quantile(tail: Double) -> Double {
      degrees.map { Quantiles.student(tail: tail, degrees: $0) } ?? Quantiles.normal(tail: tail)
    }

    /// Whether the second is shown to be better, one-sided at a level.
    func isGain(level: Double) -> Bool { mean > 0 && mean > quantile(tail: level) * standardError }
  }

  /// `second` minus `first`: shares of seeds that got each example right, compared example by example; with
  /// one seed this is McNemar's test in its normal form.
  /// - Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions".
  /// - Precondition: as many examples in both, two at least.
  public static func pairedDifference(_ first: [Double], _ second: [Double]) -> PairedDifference {
    precondition(first.count == second.count && first.count > 1, "a paired test needs the same examples")
    let differences = zip(first, second).map { $1 - $0 }
    return PairedDifference(
      mean: average(differences),
      standardError: (variance(differences) / Double(differences.count)).squareRoot())
  }

  /// The same over examples and seeds, as `ScoreMoments` has their variances; seeds with Student's t.
  /// - Parameters: `[seeds][examples]`, what each example adds to the figure.
  /// - Precondition: as many seeds and examples in both, two examples at least.
  public static func pairedDifference(_ first: [[Double]], _ second: [[Double]]) -> PairedDifference {
    let moments = ScoreMoments(PairedScores([first, second]))
    let covariance = moments.exampleCovariance
    let examples = max(0, covariance[0] + covariance[3] - 2 * covariance[1])
    let seeds = moments.seedVariance[0] + moments.seedVariance[1]
    return PairedDifference(
      mean: moments.means[1] - moments.means[0], standardError: (examples + seeds).squareRoot(),
      degrees: moments.seedCount > 1 && seeds > 0
        ? satterthwaite(examples, seeds, exampleCount: moments.exampleCount, seedCount: moments.seedCount)
        : nil)
  }

  /// Degrees of freedom of a variance of two parts: the seeds' is known to few, the examples' to many.
  /// - Source: Satterthwaite 1946, "An approximate distribution of estimates of variance components".
  static func satterthwaite(_ examples: Double, _ seeds: Double, exampleCount: Int, seedCount: Int) -> Double
  {
    let total = examples + seeds
    let degrees =
      total * total
      / (examples * examples / Double(exampleCount - 1) + seeds * seeds / Double(2 * (seedCount - 1)))
    return max(1, degrees)
  }

  /// With 95 % confidence the second loses at most this against the first, on hits of the same examples.
  public static func lossBound(of second: [Double], against first: [Double]) -> Double {
    let difference = pairedDifference(second, first)
    let variance = difference.standardError * difference.standardError
    let error = withDiscordantPair(variance, count: first.count).squareRoot()
    return difference.mean + z95OneSided * error
  }

  /// The variance of a difference of paired proportions with one discordant pair more: models that agree on
  /// 50 examples would otherwise be called equal.
  /// - Source: Agresti and Min 2005, "Simple improved confidence intervals for comparing matched proportions".
  static func withDiscordantPair(_ variance: Double, count: Int) -> Double {
    variance + 1 / (Double(count) * Double(count))
  }

  /// Two-sided p of McNemar's exact test: how likely the examples on which two models differ fall at least
  /// this unevenly.
  /// - Parameters:
  ///   - gained: examples that the second alone got right.
  ///   - lost: those that the first alone got right.
  /// - Source: McNemar 1947; the exact form is the binomial sign test.
  public static func mcnemar(_ gained: Int, _ lost: Int) -> Double {
    let n = gained + lost
    if n == 0 { return 1 }
    func logChoose(_ k: Int) -> Double {
      lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
    }
    let tail = (0...min(gained, lost)).reduce(0) { $0 + exp(logChoose($1) - Double(n) * log(2)) }
    return min(1, 2 * tail)
  }

  public static func average(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }

  static func variance(_ values: [Double]) -> Double {
    let mean = average(values)
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(values.count - 1, 1))
  }
}
