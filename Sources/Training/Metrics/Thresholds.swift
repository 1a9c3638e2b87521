import Classification

/// The probability from which each label is given, fitted on held-out examples.
enum Thresholds {
  /// For each label the threshold of the highest F1, halfway between two neighbouring probabilities; of equal
  /// ones the nearest to a half. A label that no example has keeps a half.
  /// - Parameters:
  ///   - probabilities: `[examples][labels]`.
  ///   - targets: the labels of each example.
  static func fitted(_ probabilities: [[Double]], _ targets: [[Int]]) -> [Double] {
    let there = targets.map(Set.init)
    return (0..<(probabilities.first?.count ?? 0)).map { label in
      fitted(zip(probabilities, there).map { ($0[label], $1.contains(label)) })
    }
  }

  private static func fitted(_ examples: [(probability: Double, isThere: Bool)]) -> Double {
    let positives = examples.count { $0.isThere }
    guard positives > 0 else { return 0.5 }
    let sorted = examples.sorted { $0.probability > $1.probability }
    var best = (f1: 0.0, threshold: 0.5)
    var hits = 0
    for (index, example) in sorted.enumerated() {
      if example.isThere { hits += 1 }
      let next = index + 1 < sorted.count ? sorted[index + 1].probability : 0
      guard next < example.probability else { continue }
      let f1 = 2 * Double(hits) / Double(positives + index + 1)
      let threshold = (example.probability + next) / 2
      if f1 > best.f1 || f1 == best.f1 && abs(threshold - 0.5) < abs(best.threshold - 0.5) {
        best = (f1, threshold)
      }
    }
    return best.threshold
  }
}
