import Training

/// What runs scored on held-out examples in one metric.
public struct ScoredExamples: Sendable {
  public let metric: Metric
  /// What each example adds to it (`ExampleScores`): `[seeds][examples]`
  public let scores: [[Double]]
  /// The same of the best answer that does not look at the text: `[examples]`
  public let constant: [Double]

  /// - Precondition: as many scores of each seed as constant ones.
  public init(metric: Metric, scores: [[Double]], constant: [Double]) {
    precondition(scores.allSatisfy { $0.count == constant.count }, "a score for each example")
    self.metric = metric
    self.scores = scores
    self.constant = constant
  }
}

/// What the runs of a variant predicted for the examples that models are chosen on.
public struct HeldOutPredictions: Sendable {
  /// `[examples]`; empty in tasks that have no classes
  public let targets: [Int]
  /// `[seeds][examples]`
  public let classes: [[Int]]
  public let classCount: Int
  /// In the runs' own metric; nil where the classes say it
  public let scored: ScoredExamples?

  /// - Precondition: as many predictions of each seed as targets, each below `classCount`.
  public init(targets: [Int], classes: [[Int]], classCount: Int, scored: ScoredExamples? = nil) {
    precondition(classes.allSatisfy { $0.count == targets.count }, "a prediction for each target")
    precondition((targets + classes.flatMap { $0 }).allSatisfy { (0..<classCount).contains($0) })
    self.targets = targets
    self.classes = classes
    self.classCount = classCount
    self.scored = scored
  }

  /// Of a task that has no classes.
  public init(_ scored: ScoredExamples) { self.init(targets: [], classes: [], classCount: 0, scored: scored) }

  public var exampleCount: Int { targets.isEmpty ? scored?.constant.count ?? 0 : targets.count }

  /// Whether the metric's scores are known.
  func knows(_ metric: Metric) -> Bool {
    scored?.metric == metric || !targets.isEmpty && [.accuracy, .microF1, .macroF1].contains(metric)
  }

  /// `[seeds][examples]`
  /// - Precondition: they are known.
  func scores(_ metric: Metric) -> [[Double]] {
    if let scored, scored.metric == metric { return scored.scores }
    return metric == .macroF1 ? macroF1Scores : accuracyScores
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
  var isOneClass: Bool { !targets.isEmpty && classes.allSatisfy { Set($0).count <= 1 } }

  /// Seeds whose run gives one class alone, by their place.
  var collapsedSeeds: [Int] {
    targets.isEmpty ? [] : classes.indices.filter { Set(classes[$0]).count <= 1 }
  }

  /// What each example adds to a metric under the best answer that does not look at the text.
  /// - Precondition: the metric is known.
  func constant(_ metric: Metric) -> [Double] {
    if let scored, scored.metric == metric { return scored.constant }
    let always = [Int](repeating: majority.label, count: targets.count)
    if metric == .macroF1 {
      return PairedScores.macroF1(targets: targets, predictions: always, classCount: classCount)
    }
    return zip(targets, always).map { $0 == $1 ? 1 : 0 }
  }

  /// Whether it is shown to score better than that answer, over examples and seeds: one-sided and paired, at
  /// 5 % for all of `count` models together (Bonferroni). Accuracy with one seed by the sign test, which is
  /// exact for few examples.
  /// - Precondition: the metric is known.
  func beatsConstant(_ metric: Metric, among count: Int) -> Bool {
    let level = 0.05 / Double(max(count, 1))
    let own = scores(metric), always = constant(metric)
    if own.count == 1, metric == .accuracy {
      let (gained, lost) = (zip(always, own[0]).count { $0 < $1 }, zip(always, own[0]).count { $0 > $1 })
      return gained > lost && Statistics.mcnemar(gained, lost) / 2 <= level
    }
    guard always.count > 1 else { return false }
    return Statistics.pairedDifference(own.map { _ in always }, own).isGain(level: level)
  }
}
