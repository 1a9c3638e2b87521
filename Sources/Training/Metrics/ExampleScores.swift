import Classification
import Foundation

/// What each example adds to a figure: values whose mean is the figure, larger for better, and whose spread
/// gives its variance. Models are compared by them example by example.
///
/// A figure that is a mean has its examples' own values. Of any other each gets the figure plus its
/// influence.
/// - Source: the infinitesimal jackknife, Jaeckel 1972; Efron 1982, "The Jackknife, the Bootstrap and Other
///   Resampling Plans", chapter 6.
public struct ExampleScores {
  private let predictions: [Prediction]
  private let targets: [Target]

  /// - Precondition: as many predictions as targets, of one task, one at least.
  public init(_ predictions: [Prediction], _ targets: [Target]) {
    precondition(predictions.count == targets.count && !targets.isEmpty, "a prediction for each target")
    self.predictions = predictions
    self.targets = targets
  }

  /// - Throws: `FathomError` when a logit is not finite.
  public init(task: any TextTask, logits: [[Float]], targets: [Target]) throws {
    self.init(try logits.map(task.prediction), targets)
  }

  /// - Precondition: the metric is one of the task's.
  public func callAsFunction(_ metric: Metric) -> [Double] {
    switch metric {
    case .accuracy: return zip(predictions, targets).map { $0.answer == $1 ? 1 : 0 }
    case .microF1: return f1(labels.map { row in (hits: sum(row.map(\.hits)), size: sum(row.map(\.size))) })
    case .macroF1:
      let rows = labels
      return mean((0..<labelCount).map { label in f1(rows.map { ($0[label].hits, $0[label].size) }) })
    case .sampleF1:
      return labels.map { row in
        let hits = sum(row.map(\.hits)), size = sum(row.map(\.size))
        return size == 0 ? 1 : 2 * hits / size
      }
    case .mcc: return correlation
    case .auc: return mean((0..<labelCount).compactMap(area))
    case .loss: return zip(predictions, targets).map(ExampleScores.negativeLoss)
    case .pearson: return mean(quantities.map { ExampleScores.pearson($0.given, $0.wanted) })
    case .spearman:
      // As if the ranks were the numbers: what an example does to the others' ranks is left out.
      return mean(quantities.map { ExampleScores.pearson(Ranking.ranks($0.given), Ranking.ranks($0.wanted)) })
    case .mae: return mean(quantities.map { zip($0.given, $0.wanted).map { -abs($0 - $1) } })
    case .rmse: return rootOfSquares
    case .r2: return mean(quantities.map { ExampleScores.explained($0.given, $0.wanted) })
    }
  }

  private var labelCount: Int { predictions[0].labels.count }

  private func sum(_ values: [Double]) -> Double { values.reduce(0, +) }

  private func mean(_ parts: [[Double]]) -> [Double] {
    guard let first = parts.first else { return targets.map { _ in 0 } }
    return first.indices.map { index in parts.reduce(0) { $0 + $1[index] } / Double(parts.count) }
  }

  // MARK: Labels

  /// For each example and label: 1 where it was there and given, and how many of the two held.
  private var labels: [[(hits: Double, size: Double)]] {
    zip(predictions, targets).map { prediction, target in
      let there = ExampleScores.indices(target), given = ExampleScores.indices(prediction.answer)
      return (0..<labelCount).map { label in
        let (isThere, isGiven) = (there.contains(label), given.contains(label))
        return (isThere && isGiven ? 1 : 0, (isThere ? 1 : 0) + (isGiven ? 1 : 0))
      }
    }
  }

  private static func indices(_ target: Target) -> Set<Int> {
    switch target {
    case .label(let index): [index]
    case .labels(let indices): Set(indices)
    case .values: []
    }
  }

  /// F1 = 2A / B with means A of hits and B of sizes.
  private func f1(_ parts: [(hits: Double, size: Double)]) -> [Double] {
    let hits = Ranking.mean(parts.map(\.hits)), size = Ranking.mean(parts.map(\.size))
    guard size > 0 else { return parts.map { _ in 0 } }
    let f1 = 2 * hits / size
    return parts.map { f1 + (2 * $0.hits - f1 * $0.size) / size }
  }

  /// R = (c - Σ p t) / √((1 - Σ p²)(1 - Σ t²)) with shares p of each answer given, t of each true one, and c
  /// of right ones; several labels per text are answers of yes and no.
  private var correlation: [Double] {
    let parts: [(right: Double, given: [Double], wanted: [Double])]
    if case .label = targets[0] {
      parts = zip(predictions, targets).map { prediction, target in
        let (given, wanted) = (prediction.answer.classIndex, target.classIndex)
        let one = { (index: Int) in (0..<labelCount).map { $0 == index ? 1.0 : 0 } }
        return (given == wanted ? 1 : 0, one(given), one(wanted))
      }
    } else {
      parts = zip(predictions, targets).map { prediction, target in
        let given = ExampleScores.indices(prediction.answer), wanted = ExampleScores.indices(target)
        let all = Double(labelCount)
        let (p, t) = (Double(given.count) / all, Double(wanted.count) / all)
        let wrong = Double(given.symmetricDifference(wanted).count) / all
        return (1 - wrong, [p, 1 - p], [t, 1 - t])
      }
    }
    let right = Ranking.mean(parts.map(\.right))
    let given = mean(ofRows: parts.map(\.given)), wanted = mean(ofRows: parts.map(\.wanted))
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (u, v) = (1 - dot(given, given), 1 - dot(wanted, wanted))
    guard u > 0, v > 0 else { return parts.map { _ in 0 } }
    let root = (u * v).squareRoot(), value = (right - dot(given, wanted)) / root
    return parts.map { part in
      let ofGiven = dot(part.given, given) - dot(given, given)
      let ofWanted = dot(part.wanted, wanted) - dot(wanted, wanted)
      let cross = dot(part.given, wanted) + dot(part.wanted, given) - 2 * dot(given, wanted)
      return value + (part.right - right - cross) / root + value * (ofGiven / u + ofWanted / v)
    }
  }

  private func mean(ofRows rows: [[Double]]) -> [Double] {
    rows[0].indices.map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
  }

  /// - Source: DeLong, DeLong and Clarke-Pearson 1988, "Comparing the Areas under Two or More Correlated
  ///   Receiver Operating Characteristic Curves": placement values.
  private func area(_ label: Int) -> [Double]? {
    let isThere = targets.map { ExampleScores.indices($0).contains(label) }
    let scores = predictions.map { $0.scores[label] }
    guard let area = Ranking.auc(scores, isThere) else { return nil }
    let all = Ranking.ranks(scores)
    let positives = isThere.indices.filter { isThere[$0] },
      negatives = isThere.indices.filter { !isThere[$0] }
    var result = [Double](repeating: 0, count: scores.count)
    for (own, others, isPositive) in [(positives, negatives, true), (negatives, positives, false)] {
      let share = Double(own.count) / Double(scores.count)
      for (rank, index) in zip(Ranking.ranks(own.map { scores[$0] }), own) {
        let below = (all[index] - rank) / Double(others.count)
        result[index] = area + ((isPositive ? below : 1 - below) - area) / share
      }
    }
    return result
  }

  /// The loss of an example, without class weights, below 0.
  static func negativeLoss(_ prediction: Prediction, _ target: Target) -> Double {
    switch target {
    case .label(let index): return max(TextClassifier.logSoftmax(prediction.logits, index), -690)
    case .labels(let labels):
      let sum = binaryCrossEntropy(prediction.logits.map(Double.init), Set(labels))
      return -sum / Double(max(prediction.logits.count, 1))
    case .values(let values):
      let squares = zip(prediction.scores, values).map { ($0 - $1) * ($0 - $1) }
      return -Ranking.mean(squares)
    }
  }

  /// Of logits against the labels that are there, summed.
  static func binaryCrossEntropy(_ logits: [Double], _ there: Set<Int>) -> Double {
    logits.enumerated().reduce(0) { sum, logit in
      let x = logit.element
      return sum + max(x, 0) - (there.contains(logit.offset) ? x : 0) + log(1 + exp(-abs(x)))
    }
  }

  // MARK: Numbers

  private var quantities: [(given: [Double], wanted: [Double])] {
    (0..<labelCount).map { quantity in
      (predictions.map { $0.scores[quantity] }, targets.map { $0.numbers[quantity] })
    }
  }

  private static func standardized(_ values: [Double]) -> [Double]? {
    let middle = Ranking.mean(values)
    let variance = Ranking.mean(values.map { ($0 - middle) * ($0 - middle) })
    return variance > 0 ? values.map { ($0 - middle) / variance.squareRoot() } : nil
  }

  private static func pearson(_ a: [Double], _ b: [Double]) -> [Double] {
    guard let a = standardized(a), let b = standardized(b) else { return a.map { _ in 0 } }
    let r = Ranking.mean(zip(a, b).map { $0 * $1 })
    return zip(a, b).map { r + $0 * $1 - r / 2 * ($0 * $0 + $1 * $1) }
  }

  private var rootOfSquares: [Double] {
    let squares = mean(quantities.map { zip($0.given, $0.wanted).map { ($0 - $1) * ($0 - $1) } })
    let root = Ranking.mean(squares).squareRoot()
    return root > 0 ? squares.map { -root - ($0 - root * root) / (2 * root) } : squares.map { _ in 0 }
  }

  /// R² = 1 - M / V with means M of squared errors and V of squared distances from the middle.
  private static func explained(_ given: [Double], _ wanted: [Double]) -> [Double] {
    let middle = Ranking.mean(wanted)
    let errors = zip(given, wanted).map { ($0 - $1) * ($0 - $1) }
    let distances = wanted.map { ($0 - middle) * ($0 - middle) }
    let (m, v) = (Ranking.mean(errors), Ranking.mean(distances))
    guard v > 0 else { return wanted.map { _ in 0 } }
    return zip(errors, distances).map { 1 - m / v - ($0 - m) / v + m / (v * v) * ($1 - v) }
  }
}

extension ExampleScores {
  /// The scores of the best answer that does not look at the text: the most frequent class, labels that are
  /// given to every text, or the mean of the numbers.
  /// - Precondition: one target at least.
  public static func constant(_ metric: Metric, labels: [String], targets: [Target]) -> [Double] {
    let answers = constants(labels, targets)
    let scores = answers.map { answer in ExampleScores(targets.map { _ in answer }, targets)(metric) }
    return scores.max { Ranking.mean($0) < Ranking.mean($1) } ?? targets.map { _ in 0 }
  }

  private static func constants(_ labels: [String], _ targets: [Target]) -> [Prediction] {
    func prediction(_ scores: [Double], _ logits: [Double], _ answer: Target) -> Prediction {
      Prediction(labels: labels, scores: scores, logits: logits.map(Float.init), answer: answer)
    }
    var shares = [Double](repeating: 0, count: labels.count)
    for target in targets { for label in indices(target) { shares[label] += 1 / Double(targets.count) } }
    let bounded = shares.map { min(max($0, 1e-6), 1 - 1e-6) }
    switch targets[0] {
    case .label:
      let most = shares.indices.max { shares[$0] < shares[$1] } ?? 0
      return [prediction(shares, bounded.map { log($0) }, .label(most))]
    case .labels:
      let logits = bounded.map { log($0 / (1 - $0)) }
      let limits = Set(shares + [0.5]).sorted().prefix(50)
      return limits.map { limit in
        prediction(shares, logits, .labels(shares.indices.filter { shares[$0] >= limit }))
      }
    case .values:
      let means = labels.indices.map { quantity in Ranking.mean(targets.map { $0.numbers[quantity] }) }
      return [prediction(means, means, .values(means))]
    }
  }
}
