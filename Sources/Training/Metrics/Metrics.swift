import Classification
import Files
import Foundation

/// What an evaluation says about a set of examples.
public struct Metrics: Sendable, Equatable {
  public let count: Int
  /// Everything that can be said of the task
  public let figures: [Metric: Double]
  /// How often each class was taken for each other; nil for the epochs of a run and for other tasks than one
  /// class per text.
  public let confusion: Confusion?
  /// Of each class or label; nil for the epochs of a run and in a regression.
  public let classes: [ClassFigures]?
  /// Of probabilities; nil for the epochs of a run and in a regression.
  public let calibration: Calibration?

  public subscript(metric: Metric) -> Double? { figures[metric] }

  /// NaN in a regression
  public var accuracy: Double { self[.accuracy] ?? .nan }
  /// The classes' F1 scores, averaged with equal weight; a class that is neither there nor predicted counts
  /// 0. NaN in a regression.
  public var macroF1: Double { self[.macroF1] ?? .nan }
  /// Mean of what training makes small, without class weights
  public var loss: Double { self[.loss] ?? .nan }

  public init(
    count: Int, figures: [Metric: Double], confusion: Confusion? = nil, classes: [ClassFigures]? = nil,
    calibration: Calibration? = nil
  ) {
    self.count = count
    self.figures = figures
    self.confusion = confusion
    self.classes = classes
    self.calibration = calibration
  }

  public init(count: Int, accuracy: Double, macroF1: Double, loss: Double, confusion: Confusion?) {
    self.init(
      count: count, figures: [.accuracy: accuracy, .macroF1: macroF1, .loss: loss], confusion: confusion)
  }

  /// - Throws: `FathomError` when a logit is not finite: such a model predicts nothing.
  /// - Precondition: as many rows of logits as targets, at least one.
  public init(task: any TextTask, logits: [[Float]], targets: [Target]) throws {
    precondition(
      logits.count == targets.count && !targets.isEmpty, "metrics need a row of logits for each target")
    let predictions = try logits.map(task.prediction)
    switch targets[0] {
    case .label: self.init(classesOf: predictions, targets.map(\.classIndex))
    case .labels: self.init(labelsOf: predictions, targets.map(\.labelIndices))
    case .values: self.init(valuesOf: predictions, targets.map(\.numbers))
    }
  }

  /// Each text has one class.
  /// - Throws: `FathomError` when a logit is not finite.
  public init(logits: [[Float]], targets: some Collection<Int>) throws {
    let labels = (0..<(logits.first?.count ?? 0)).map(String.init)
    try self.init(
      task: SingleLabelTask(labels: labels), logits: logits, targets: targets.map { .label($0) })
  }

  /// The figures alone, as epochs keep them.
  var withoutConfusion: Metrics { Metrics(count: count, figures: figures) }

  /// The same with some figures replaced.
  func replacing(_ others: [Metric: Double]) -> Metrics {
    Metrics(
      count: count, figures: figures.merging(others) { $1 }, confusion: confusion, classes: classes,
      calibration: calibration)
  }
}

// MARK: - Tasks

extension Target {
  /// - Precondition: it is one.
  var classIndex: Int {
    guard case .label(let index) = self else { preconditionFailure("no class") }
    return index
  }

  var labelIndices: [Int] {
    guard case .labels(let indices) = self else { preconditionFailure("no labels") }
    return indices
  }

  var numbers: [Double] {
    guard case .values(let values) = self else { preconditionFailure("no numbers") }
    return values
  }
}

extension Metrics {
  /// Areas under curves take sorting each class's scores: not done for more classes.
  private static let mostCurves = 100

  private init(classesOf predictions: [Prediction], _ targets: [Int]) {
    let classCount = predictions[0].labels.count
    let given = predictions.map(\.answer.classIndex)
    let confusion = Confusion(targets: targets, predictions: given, classCount: classCount)
    let counts = Metrics.counts(confusion)
    let isThere = { (label: Int) in targets.map { $0 == label } }
    let areas = Metrics.areas(predictions, isThere)
    let losses = zip(predictions, targets).map { -ExampleScores.negativeLoss($0, .label($1)) }
    let accuracy = Double(counts.reduce(0) { $0 + $1.hits }) / Double(targets.count)
    var figures: [Metric: Double] = [
      .accuracy: accuracy, .macroF1: Ranking.mean(counts.map(\.f1)), .microF1: accuracy,
      .mcc: Metrics.correlation(confusion), .loss: Ranking.mean(losses),
    ]
    figures[.auc] = Metrics.mean(areas)
    let sure = zip(given, predictions).map { $1.scores[$0] }
    self.init(
      count: targets.count, figures: figures, confusion: confusion,
      classes: zip(counts, areas).map { ClassFigures($0, auc: $1) },
      calibration: Calibration(
        confidences: sure, isRight: zip(given, targets).map { $0 == $1 },
        brier: Ranking.mean(
          zip(predictions, targets).map { prediction, target in
            prediction.scores.enumerated().reduce(0) {
              $0 + ($1.element - ($1.offset == target ? 1 : 0)) * ($1.element - ($1.offset == target ? 1 : 0))
            }
          })))
  }

  private init(labelsOf predictions: [Prediction], _ targets: [[Int]]) {
    let labelCount = predictions[0].labels.count
    let there = targets.map(Set.init), given = predictions.map { Set($0.answer.labelIndices) }
    let counts = (0..<labelCount).map { label in
      zip(there, given).reduce(into: BinaryCounts()) {
        $0.add(isThere: $1.0.contains(label), isGiven: $1.1.contains(label))
      }
    }
    let areas = Metrics.areas(predictions) { label in there.map { $0.contains(label) } }
    let all = counts.reduce(BinaryCounts(), +)
    // Two empty sets agree.
    let ofSamples = zip(there, given).map { a, b in
      a.isEmpty && b.isEmpty ? 1 : 2 * Double(a.intersection(b).count) / Double(a.count + b.count)
    }
    let losses = zip(predictions, targets).map { -ExampleScores.negativeLoss($0, .labels($1)) }
    var brier = 0.0
    var sure: [Double] = [], isRight: [Bool] = []
    for (prediction, labels) in zip(predictions, there) {
      for label in 0..<labelCount {
        let probability = prediction.scores[label], isThere = labels.contains(label)
        brier += (probability - (isThere ? 1 : 0)) * (probability - (isThere ? 1 : 0))
        sure.append(max(probability, 1 - probability))
        isRight.append((probability >= 0.5) == isThere)
      }
    }
    let cells = Double(targets.count * labelCount)
    var figures: [Metric: Double] = [
      .accuracy: Ranking.mean(zip(there, given).map { $0 == $1 ? 1 : 0 }),
      .macroF1: Ranking.mean(counts.map(\.f1)), .microF1: all.f1, .sampleF1: Ranking.mean(ofSamples),
      .mcc: all.correlation, .loss: Ranking.mean(losses),
    ]
    figures[.auc] = Metrics.mean(areas)
    self.init(
      count: targets.count, figures: figures, classes: zip(counts, areas).map { ClassFigures($0, auc: $1) },
      calibration: Calibration(confidences: sure, isRight: isRight, brier: brier / cells))
  }

  private init(valuesOf predictions: [Prediction], _ targets: [[Double]]) {
    let width = predictions[0].labels.count
    var pearson: [Double] = [], spearman: [Double] = [], mae: [Double] = [], mse: [Double] = []
    var r2: [Double] = []
    for quantity in 0..<width {
      let given = predictions.map { $0.scores[quantity] }, wanted = targets.map { $0[quantity] }
      pearson.append(Ranking.pearson(given, wanted))
      spearman.append(Ranking.pearson(Ranking.ranks(given), Ranking.ranks(wanted)))
      let errors = zip(given, wanted).map { $0 - $1 }
      mae.append(Ranking.mean(errors.map(abs)))
      mse.append(Ranking.mean(errors.map { $0 * $0 }))
      let middle = Ranking.mean(wanted)
      let variance = Ranking.mean(wanted.map { ($0 - middle) * ($0 - middle) })
      r2.append(variance > 0 ? 1 - mse[quantity] / variance : 0)
    }
    self.init(
      count: targets.count,
      figures: [
        .pearson: Ranking.mean(pearson), .spearman: Ranking.mean(spearman), .mae: Ranking.mean(mae),
        .rmse: Ranking.mean(mse).squareRoot(), .r2: Ranking.mean(r2), .loss: Ranking.mean(mse),
      ])
  }

  private static func counts(_ confusion: Confusion) -> [BinaryCounts] {
    var counts = [BinaryCounts](repeating: BinaryCounts(), count: confusion.classCount)
    var all = 0
    for cell in confusion.cells {
      all += cell.count
      if cell.target == cell.predicted {
        counts[cell.target].hits += cell.count
      } else {
        counts[cell.target].misses += cell.count
        counts[cell.predicted].falseAlarms += cell.count
      }
    }
    for label in counts.indices {
      counts[label].rejections = all - counts[label].hits - counts[label].misses - counts[label].falseAlarms
    }
    return counts
  }

  /// Of several classes.
  /// - Source: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation coefficient".
  private static func correlation(_ confusion: Confusion) -> Double {
    var there = [Double](repeating: 0, count: confusion.classCount)
    var given = there
    var (hits, all) = (0.0, 0.0)
    for cell in confusion.cells {
      let count = Double(cell.count)
      there[cell.target] += count
      given[cell.predicted] += count
      all += count
      if cell.target == cell.predicted { hits += count }
    }
    func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let spread = (all * all - product(given, given)) * (all * all - product(there, there))
    return spread > 0 ? (hits * all - product(there, given)) / spread.squareRoot() : 0
  }

  private static func areas(_ predictions: [Prediction], _ isThere: (Int) -> [Bool]) -> [Double?] {
    let labelCount = predictions[0].labels.count
    guard labelCount <= mostCurves else { return [Double?](repeating: nil, count: labelCount) }
    return (0..<labelCount).map { label in
      Ranking.auc(predictions.map { $0.scores[label] }, isThere(label))
    }
  }

  /// nil where there is none
  private static func mean(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    return known.isEmpty ? nil : Ranking.mean(known)
  }
}

// MARK: - Stored

extension Metrics: Codable {
  enum CodingKeys: String, CodingKey {
    case count, accuracy, loss, confusion, classes, calibration, figures
    case macroF1 = "macro_f1"
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    var figures: [Metric: Double] = [:]
    for (metric, key) in Metrics.ownKeys {
      figures[metric] = try values.decodeIfPresent(Double.self, forKey: key)
    }
    let others = try values.decodeIfPresent([String: Double].self, forKey: .figures) ?? [:]
    // A figure that a later version measures is passed over.
    for (name, value) in others { if let metric = Metric(rawValue: name) { figures[metric] = value } }
    self.init(
      count: try values.decode(Int.self, forKey: .count), figures: figures,
      confusion: try values.decodeIfPresent(Confusion.self, forKey: .confusion),
      classes: try values.decodeIfPresent([ClassFigures].self, forKey: .classes),
      calibration: try values.decodeIfPresent(Calibration.self, forKey: .calibration))
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(count, forKey: .count)
    for (metric, key) in Metrics.ownKeys { try values.encodeIfPresent(figures[metric], forKey: key) }
    let others = figures.filter { metric, _ in !Metrics.ownKeys.contains { $0.metric == metric } }
    if !others.isEmpty {
      try values.encode(
        Dictionary(uniqueKeysWithValues: others.map { ($0.rawValue, $1) }), forKey: .figures)
    }
    try values.encodeIfPresent(confusion, forKey: .confusion)
    try values.encodeIfPresent(classes, forKey: .classes)
    try values.encodeIfPresent(calibration, forKey: .calibration)
  }

  /// As they have been written since there was one task only
  private static let ownKeys: [(metric: Metric, key: CodingKeys)] = [
    (.accuracy, .accuracy), (.macroF1, .macroF1), (.loss, .loss),
  ]
}
