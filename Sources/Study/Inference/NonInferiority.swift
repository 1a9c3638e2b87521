import Foundation

/// Which models are shown to lose at most a margin against the best of all, whichever that is.
///
/// A candidate is good enough when its upper bound on the loss lies within the margin against **every** other
/// model. Since the truly best model is one of those, nothing has to be known of which it is, and that the
/// best was picked for its luck costs nothing (an intersection–union test). Among the candidates the bounds
/// against one model hold together, so that the chance that any model is wrongly called good enough is at
/// most 5 %, however many there are.
/// - Source: Hsu 1984, "Constrained simultaneous confidence intervals for multiple comparisons with the
///   best"; Hsu 1996, "Multiple Comparisons", chapter 4; Berger 1982, "Multiparameter hypothesis testing and
///   acceptance sampling"; Romano, Shaikh, Wolf 2014, "A practical two-step method for testing moment
///   inequalities" for leaving out models that are far too bad to be mistaken.
package struct NonInferiority: Sendable {
  /// Of ending with a model that loses more than the margin
  package static let alpha = 0.05
  /// The part of alpha that is spent on leaving out those that are far worse
  static let screening = 0.005

  package let margin: Double
  package let moments: ScoreMoments
  /// Normal deviates that the bounds of all candidates against a model take: `[models]`
  private let deviates: [Double]

  /// - Parameters:
  ///   - margin: in the score's units, 0.01 for a point.
  ///   - draws: of the largest error among the candidates; the same at every call.
  package init(_ moments: ScoreMoments, margin: Double, draws: Int = 2000) {
    self.moments = moments
    self.margin = margin
    deviates = NonInferiority.deviates(moments, margin, draws)
  }

  package static func exampleVariance(_ moments: ScoreMoments, _ first: Int, _ second: Int, _ margin: Double)
    -> Double
  {
    let k = moments.modelCount, n = Double(moments.exampleCount)
    let covariance = moments.exampleCovariance
    let observed =
      covariance[first * k + first] + covariance[second * k + second] - 2 * covariance[first * k + second]
    // No less than a true loss of the margin brings with it: the variance under the hypothesis, as in Tango
    // 1998.
    return max(
      Statistics.withDiscordantPair(observed, count: moments.exampleCount), margin * (1 - margin) / n)
  }

  private static func seedVariance(_ moments: ScoreMoments, _ first: Int, _ second: Int) -> Double {
    moments.seedVariance[first] + moments.seedVariance[second]
  }

  /// Of the difference of two models' means
  package static func standardError(_ moments: ScoreMoments, _ first: Int, _ second: Int, _ margin: Double)
    -> Double
  {
    (exampleVariance(moments, first, second, margin) + seedVariance(moments, first, second)).squareRoot()
  }

  /// A difference with its error and the bounds that hold for all candidates at once.
  package struct Loss: Sendable {
    /// Best minus candidate
    package let mean: Double
    package let standardError: Double
    /// With 95 % confidence the loss is at most this.
    package let upperBound: Double
    /// Quantile of Student's t that the bound takes
    package let quantile: Double
  }

  package func loss(of candidate: Int, against other: Int) -> Loss {
    let error = NonInferiority.standardError(moments, candidate, other, margin)
    let mean = moments.means[other] - moments.means[candidate]
    let tail = Quantiles.normalTail(deviates[other])
    let quantile = self.quantile(of: candidate, against: other, tail: tail)
    return Loss(
      mean: mean, standardError: error, upperBound: mean + quantile * error,
      quantile: quantile)
  }

  /// Whether the candidate is shown to lose at most the margin against whichever model is the best.
  package func isGoodEnough(_ candidate: Int) -> Bool { hardest(for: candidate).upperBound <= margin }

  /// The comparison in which a candidate's bound is the largest; its own where there is no other model.
  package func hardest(for candidate: Int) -> (model: Int, upperBound: Double) {
    var hardest = (model: candidate, upperBound: moments.modelCount == 1 ? 0 : -Double.infinity)
    for other in 0..<moments.modelCount where other != candidate {
      let bound = loss(of: candidate, against: other).upperBound
      if bound > hardest.upperBound { hardest = (other, bound) }
    }
    return hardest
  }

  /// The first model that is shown to be good enough, up to the best one, where they come in order of size.
  package var smallestGoodEnough: Int? { (0...moments.best).first(where: isGoodEnough) }

  /// Whether the candidate is shown to lose more than the margin against the best of this study. That one was
  /// picked for its mean, so the bound allows for every pair of models (Bonferroni).
  package func isShownWorse(_ candidate: Int) -> Bool {
    let pairs = Double(moments.modelCount * (moments.modelCount - 1))
    let tail = NonInferiority.alpha / max(pairs, 1)
    let loss = self.loss(of: candidate, against: moments.best)
    return loss.mean - quantile(of: candidate, against: moments.best, tail: tail) * loss.standardError
      > margin
  }

  private func quantile(of candidate: Int, against other: Int, tail: Double) -> Double {
    let seeds = NonInferiority.seedVariance(moments, candidate, other)
    guard moments.seedCount > 1, seeds > 0 else { return Quantiles.normal(tail: tail) }
    let examples = NonInferiority.exampleVariance(moments, candidate, other, margin)
    let degrees = Statistics.satterthwaite(
      examples, seeds, exampleCount: moments.exampleCount, seedCount: moments.seedCount)
    return Quantiles.student(tail: tail, degrees: degrees)
  }

  // MARK: The largest of many errors

  private static func deviates(_ moments: ScoreMoments, _ margin: Double, _ draws: Int) -> [Double] {
    let k = moments.modelCount
    guard k > 2 else { return [Double](repeating: Quantiles.normal(tail: alpha), count: k) }
    let errors = NonInferiority.errors(moments, draws)
    let far = Quantiles.normal(tail: screening / Double(k - 1))
    return (0..<k).map { other in
      let scales = (0..<k).map { 1 / standardError(moments, $0, other, margin) }
      let rivals = (0..<k).filter { candidate in
        let loss = moments.means[other] - moments.means[candidate]
        return candidate != other && (loss - margin) * scales[candidate] < far
      }
      guard rivals.count > 1 else { return Quantiles.normal(tail: alpha - screening) }
      return largest(errors, k, draws, other, rivals, scales)
    }
  }

  /// The deviate that the largest of the rivals' errors against `other` exceeds in 4.5 % of the draws.
  private static func largest(
    _ errors: [Double], _ k: Int, _ draws: Int, _ other: Int, _ rivals: [Int], _ scales: [Double]
  ) -> Double {
    var maxima = [Double](repeating: 0, count: draws)
    errors.withUnsafeBufferPointer { errors in
      maxima.withUnsafeMutableBufferPointer { maxima in
        for draw in 0..<draws { maxima[draw] = -.infinity }
        for rival in rivals {
          let scale = scales[rival]
          for draw in 0..<draws {
            let value = (errors[rival * draws + draw] - errors[other * draws + draw]) * scale
            if value > maxima[draw] { maxima[draw] = value }
          }
        }
      }
    }
    maxima.sort()
    let single = Quantiles.normal(tail: alpha - screening)
    return max(single, maxima[min(draws - 1, Int((Double(draws) * (1 - alpha + screening)).rounded(.up)))])
  }

  /// Errors of the means, drawn jointly: `[models][draws]`.
  private static func errors(_ moments: ScoreMoments, _ draws: Int) -> [Double] {
    let k = moments.modelCount
    var covariance = moments.exampleCovariance
    let noise = 1 / (Double(moments.exampleCount) * Double(moments.exampleCount))
    for model in 0..<k { covariance[model * k + model] += moments.seedVariance[model] + noise / 2 }
    let factor = cholesky(covariance, k)
    let normals = standardNormals(k * draws)
    var result = [Double](repeating: 0, count: k * draws)
    normals.withUnsafeBufferPointer { normals in
      result.withUnsafeMutableBufferPointer { result in
        for row in 0..<k {
          for column in 0...row {
            let weight = factor[row * k + column]
            if weight == 0 { continue }
            for draw in 0..<draws { result[row * draws + draw] += weight * normals[column * draws + draw] }
          }
        }
      }
    }
    return result
  }

  /// The lower triangle L of A = LLᵀ; a direction without variance gets none.
  private static func cholesky(_ a: [Double], _ k: Int) -> [Double] {
    var l = [Double](repeating: 0, count: k * k)
    for row in 0..<k {
      for column in 0...row {
        var sum = a[row * k + column]
        for index in 0..<column { sum -= l[row * k + index] * l[column * k + index] }
        if row == column {
          l[row * k + row] = max(sum, 0).squareRoot()
        } else if l[column * k + column] > 0 {
          l[row * k + column] = sum / l[column * k + column]
        }
      }
    }
    return l
  }

  /// The same at every call, so that a study's recommendation is.
  private static func standardNormals(_ count: Int) -> [Double] {
    kept.withLock { kept in
      if kept.values.count < count {
        while kept.values.count < count { kept.values.append(kept.generator.nextNormal()) }
      }
      return Array(kept.values.prefix(count))
    }
  }

  private struct Kept {
    var values: [Double] = []
    var generator = NormalGenerator(seed: 1)
  }

  private static let kept = Locked(Kept())
}

/// A value behind a lock.
final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) { self.value = value }

  func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    try lock.withLock { try body(&value) }
  }
}
