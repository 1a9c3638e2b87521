/// What the runs of a variant predicted for the examples that models are chosen on.
public struct HeldOutPredictions: Sendable {
  /// `[examples]`
  public let targets: [Int]
  /// `[seeds][examples]`
  public let classes: [[Int]]
  public let classCount: Int

  /// - Precondition: as many predictions of each seed as targets, each below `classCount`.
  public init(targets: [Int], classes: [[Int]], classCount: Int) {
    precondition(classes.allSatisfy { $0.count == targets.count }, "a prediction for each target")
    precondition((targets + classes.flatMap { $0 }).allSatisfy { (0..<classCount).contains($0) })
    self.targets = targets
    self.classes = classes
    self.classCount = classCount
  }

  /// `[seeds][examples]`
  var accuracyScores: [[Double]] {
    classes.map { zip($0, targets).map { $0 == $1 ? 1 : 0 } }
  }

  var macroF1Scores: [[Double]] {
    classes.map { PairedScores.macroF1(targets: targets, predictions: $0, classCount: classCount) }
  }

  /// The most frequent class with its share.
  var majority: (label: Int, share: Double) {
    var counts = [Int](repeating: 0, count: classCount)
    for target in targets { counts[target] += 1 }
    let label = counts.indices.max { counts[$0] < counts[$1] } ?? 0
    return (label, Double(counts[label]) / Double(max(targets.count, 1)))
  }

  /// Whether every run gives one class alone, whatever the text.
  var isOneClass: Bool { classes.allSatisfy { Set($0).count <= 1 } }

  /// Whether it is shown to be right more often than the majority class: one-sided and paired, at 5 % for all
  /// of `count` models together (Bonferroni). With one seed by the sign test, which is exact for few
  /// examples.
  func beatsMajority(among count: Int) -> Bool {
    let level = 0.05 / Double(max(count, 1))
    let label = majority.label
    let always = targets.map { $0 == label ? 1.0 : 0 }
    let own = targets.indices.map { example in
      Double(classes.count { $0[example] == targets[example] }) / Double(classes.count)
    }
    if classes.count == 1 {
      let (gained, lost) = (zip(always, own).count { $0 < $1 }, zip(always, own).count { $0 > $1 })
      return gained > lost && Statistics.mcnemar(gained, lost) / 2 <= level
    }
    let gain = Statistics.pairedDifference(always, own)
    return gain.mean > 0 && gain.mean > Quantiles.normal(tail: level) * gain.standardError
  }
}
