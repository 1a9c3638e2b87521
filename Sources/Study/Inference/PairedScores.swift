import Foundation

/// What each model scored on each example with each seed: 1 or 0 for accuracy, a pseudo-value for other
/// metrics.
package struct PairedScores: Sendable {
  package let modelCount: Int
  package let seedCount: Int
  package let exampleCount: Int
  /// `[models][seeds][examples]`
  package var values: [Double]

  /// - Precondition: a model, a seed and two examples at least.
  package init(modelCount: Int, seedCount: Int, exampleCount: Int, values: [Double]) {
    precondition(modelCount >= 1 && seedCount >= 1 && exampleCount >= 2, "too few scores to compare")
    precondition(values.count == modelCount * seedCount * exampleCount, "a score for each example")
    self.modelCount = modelCount
    self.seedCount = seedCount
    self.exampleCount = exampleCount
    self.values = values
  }

  /// - Parameter models: for each model, for each seed, the scores of the examples.
  package init(_ models: [[[Double]]]) {
    self.init(
      modelCount: models.count, seedCount: models[0].count, exampleCount: models[0][0].count,
      values: models.flatMap { $0.flatMap { $0 } })
  }

  /// Per-example values whose mean is the macro-F1 of the predictions and whose spread gives its variance.
  /// - Source: the infinitesimal jackknife, Jaeckel 1972; Efron 1982, "The Jackknife, the Bootstrap and Other
  ///   Resampling Plans", chapter 6.
  package static func macroF1(targets: [Int], predictions: [Int], classCount: Int) -> [Double] {
    let n = Double(targets.count)
    var hits = [Double](repeating: 0, count: classCount)
    var sizes = hits
    for (target, prediction) in zip(targets, predictions) {
      sizes[target] += 1 / n
      sizes[prediction] += 1 / n
      if target == prediction { hits[target] += 1 / n }
    }
    let f1 = zip(hits, sizes).map { $1 > 0 ? 2 * $0 / $1 : 0 }
    let mean = f1.reduce(0, +) / Double(classCount)
    return zip(targets, predictions).map { target, prediction in
      // F1 = 2A / B; an example moves A by its hit and B by its true and its predicted class.
      var influence = -(f1[target] / sizes[target] + f1[prediction] / sizes[prediction])
      if target == prediction { influence += 2 / sizes[target] }
      return mean + influence / Double(classCount)
    }
  }
}

/// Means of scores and their covariance over examples and seeds.
///
/// A score is taken as θ + a(example) + b(seed) + c(example, seed), examples crossed with seeds. Over the
/// examples the covariance of the seeds' averages estimates (σa² + σc²/s)/n and is kept whole, since models
/// fail on the same examples. Over the seeds the variance of a model's averages estimates (σb² + σc²/n)/s, of
/// which σc²/(ns) is counted above already and is taken off. Seeds of different models are taken as
/// independent.
/// - Source: Owen 2007, "The pigeonhole bootstrap", section 4; Searle, Casella, McCulloch 1992, chapter 4.
package struct ScoreMoments: Sendable {
  package let exampleCount: Int
  package let seedCount: Int
  /// `[models]`
  package let means: [Double]
  /// Of the means, over examples: `[models][models]`, flat
  package let exampleCovariance: [Double]
  /// Of each model's mean, over seeds, without what the examples explain: `[models]`; 0 with one seed
  package let seedVariance: [Double]
  /// Of that, the part σc²/(ns) of the example covariance's diagonal that more seeds would shrink: `[models]`
  package let interaction: [Double]

  package var modelCount: Int { means.count }

  /// The highest mean; of equal ones the first.
  package var best: Int { means.indices.reduce(0) { means[$1] > means[$0] ? $1 : $0 } }

  package init(_ scores: PairedScores) {
    let (k, s, n) = (scores.modelCount, scores.seedCount, scores.exampleCount)
    var centred = [Double](repeating: 0, count: k * n)
    var means = [Double](repeating: 0, count: k)
    var ofSeeds = means
    var residual = means
    scores.values.withUnsafeBufferPointer { values in
      centred.withUnsafeMutableBufferPointer { centred in
        for model in 0..<k {
          let own = UnsafeBufferPointer(rebasing: values[model * s * n..<(model + 1) * s * n])
          let average = UnsafeMutableBufferPointer(rebasing: centred[model * n..<(model + 1) * n])
          means[model] = ScoreMoments.centre(own, s, n, into: average)
          guard s > 1 else { continue }
          let seeds = (0..<s).map { seed in
            own[seed * n..<(seed + 1) * n].reduce(0, +) / Double(n)
          }
          ofSeeds[model] = Statistics.variance(seeds) / Double(s)
          residual[model] = ScoreMoments.residual(own, average, means[model], seeds)
        }
      }
    }
    self.means = means
    exampleCount = n
    seedCount = s
    exampleCovariance = ScoreMoments.covariance(centred, k, n)
    interaction = residual
    seedVariance = s > 1 ? ScoreMoments.pooled(ofSeeds, s, residual) : ofSeeds
  }

  /// Averages over the seeds, less their mean, which is returned.
  private static func centre(
    _ scores: UnsafeBufferPointer<Double>, _ s: Int, _ n: Int,
    into average: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    var sum = 0.0
    for example in 0..<n {
      var total = 0.0
      for seed in 0..<s { total += scores[seed * n + example] }
      average[example] = total / Double(s)
      sum += average[example]
    }
    let mean = sum / Double(n)
    for example in 0..<n { average[example] -= mean }
    return mean
  }

  /// σc²/(ns): what neither the example nor the seed explains.
  private static func residual(
    _ scores: UnsafeBufferPointer<Double>, _ centred: UnsafeMutableBufferPointer<Double>, _ mean: Double,
    _ seeds: [Double]
  ) -> Double {
    let (s, n) = (seeds.count, centred.count)
    var squares = 0.0
    for seed in 0..<s {
      for example in 0..<n {
        let left = scores[seed * n + example] - centred[example] - seeds[seed]
        squares += left * left
      }
    }
    return squares / Double((n - 1) * (s - 1)) / Double(n * s)
  }

  private static func covariance(_ centred: [Double], _ k: Int, _ n: Int) -> [Double] {
    var result = [Double](repeating: 0, count: k * k)
    centred.withUnsafeBufferPointer { values in
      for first in 0..<k {
        for second in 0...first {
          var sum = 0.0
          for example in 0..<n { sum += values[first * n + example] * values[second * n + example] }
          let value = sum / Double(n - 1) / Double(n)
          result[first * k + second] = value
          result[second * k + first] = value
        }
      }
    }
    return result
  }

  /// With two or three seeds a model's own variance is next to unknown: none is taken below what the models
  /// have in the middle, so that one whose few seeds agree by luck gains nothing from it.
  private static func pooled(_ ofSeeds: [Double], _ s: Int, _ residual: [Double]) -> [Double] {
    let sorted = ofSeeds.sorted()
    let middle = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    // The median of χ² lies below its mean. - Source: Wilson and Hilferty 1931.
    let degrees = Double(s - 1) * (ofSeeds.count == 2 ? 2 : 1)
    let typical = ofSeeds.count == 1 ? middle : middle / pow(1 - 2 / (9 * degrees), 3)
    return zip(ofSeeds, residual).map { max(0, max($0, typical) - $1) }
  }
}
