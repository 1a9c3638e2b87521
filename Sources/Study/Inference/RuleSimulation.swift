import Foundation

/// Draws studies whose truth is known and counts what the rule of recommendation makes of them.
///
/// An example has a difficulty that all models share, so that their errors are correlated: a model is right
/// with probability Φ((z − √ρ·u) / √(1 − ρ)) where u is the example's difficulty. A part of what is left
/// belongs to the model and the example and is the same for every seed; seeds move a model's accuracy as a
/// whole.
package struct RuleSimulation: Sendable {
  /// True accuracies, smallest model first
  package let accuracies: [Double]
  package var examples: Int
  package var seeds = 1
  /// ρ
  package var correlation = 0.6
  /// Standard deviation of a model's accuracy over seeds
  package var seedSpread = 0.0
  /// Share of the predictions that all seeds of a model have in common
  package var sharedOverSeeds = 0.5
  package var margin = 0.01
  package var draws = 2000

  package init(accuracies: [Double], examples: Int) {
    self.accuracies = accuracies
    self.examples = examples
  }

  /// Shares of the studies
  package struct Rates: Sendable, Codable, Equatable {
    /// Said of a model that it loses at most the margin which truly loses more
    package var wrong = 0.0
    /// Said it of a model, be it the best one
    package var told = 0.0
    /// Said it of a smaller model than the best one
    package var smaller = 0.0
    /// Could not tell, and the best model, which was named to be safe, truly loses more than the margin
    package var unlucky = 0.0
    /// The same two of the rule that was: the smallest model that is not significantly worse
    package var wrongBefore = 0.0
    package var smallerBefore = 0.0
  }

  package func rates(studies: Int, seed: UInt64 = 1) -> Rates {
    var generator = NormalGenerator(seed: seed)
    let tables = RuleSimulation.tables(accuracies, correlation)
    let limit = accuracies.max()! - margin - 1e-9
    let share = 1 / Double(studies)
    var rates = Rates()
    for _ in 0..<studies {
      let moments = ScoreMoments(draw(tables, &generator))
      let best = moments.best
      let chosen = NonInferiority(moments, margin: margin, draws: draws).smallestGoodEnough
      let before = RuleSimulation.notSignificantlyWorse(moments)
      if let chosen {
        rates.told += share
        if chosen < best { rates.smaller += share }
        if accuracies[chosen] <= limit { rates.wrong += share }
      } else if accuracies[best] <= limit {
        rates.unlucky += share
      }
      if before != best { rates.smallerBefore += share }
      if accuracies[before] <= limit { rates.wrongBefore += share }
    }
    return rates
  }

  /// The moments of one drawn study, and no more.
  package func study(seed: UInt64) -> ScoreMoments {
    var generator = NormalGenerator(seed: seed)
    return ScoreMoments(draw(RuleSimulation.tables(accuracies, correlation), &generator))
  }

  private static func notSignificantlyWorse(_ moments: ScoreMoments) -> Int {
    let (k, best) = (moments.modelCount, moments.best)
    let covariance = moments.exampleCovariance
    return (0..<best).first { model in
      let variance =
        covariance[model * k + model] + covariance[best * k + best] - 2 * covariance[model * k + best]
      return moments.means[best] - moments.means[model]
        <= Statistics.z95OneSided * max(variance, 0).squareRoot()
    } ?? best
  }

  private static let difficulties = 512

  /// The chance to be right by model and difficulty, each model's average exactly its accuracy.
  private static func tables(_ accuracies: [Double], _ correlation: Double) -> [[Double]] {
    let difficulty = (0..<difficulties).map {
      Quantiles.normal(tail: (Double($0) + 0.5) / Double(difficulties))
    }
    return accuracies.map { accuracy in
      func table(_ z: Double) -> [Double] {
        difficulty.map {
          Quantiles.normalTail(($0 * correlation.squareRoot() - z) / (1 - correlation).squareRoot())
        }
      }
      var (low, high) = (-6.0, 6.0)
      for _ in 0..<40 {
        let middle = (low + high) / 2
        if Statistics.average(table(middle)) < accuracy { low = middle } else { high = middle }
      }
      return table((low + high) / 2)
    }
  }

  private func draw(_ tables: [[Double]], _ generator: inout NormalGenerator) -> PairedScores {
    let (k, n, s) = (accuracies.count, examples, seeds)
    var values = [Double](repeating: 0, count: k * s * n)
    let rows = (0..<n).map { _ in
      Int(generator.nextUniform() * Double(RuleSimulation.difficulties))
    }
    values.withUnsafeMutableBufferPointer { values in
      for model in 0..<k {
        // A seed moves every chance p by its shift · p(1 − p), scaled so that the accuracy moves by the
        // shift.
        let table = tables[model]
        let slope = Statistics.average(table.map { $0 * (1 - $0) })
        let shifts = (0..<s).map { _ in seedSpread > 0 ? generator.nextNormal() * seedSpread / slope : 0 }
        for example in 0..<n {
          let chance = table[rows[example]]
          let common = generator.nextUniform()
          let isShared = s > 1 && generator.nextUniform() < sharedOverSeeds
          for seed in 0..<s {
            let own = seed == 0 || isShared ? common : generator.nextUniform()
            let shifted = chance + shifts[seed] * chance * (1 - chance)
            values[(model * s + seed) * n + example] = own < shifted ? 1 : 0
          }
        }
      }
    }
    return PairedScores(modelCount: k, seedCount: s, exampleCount: n, values: values)
  }
}
