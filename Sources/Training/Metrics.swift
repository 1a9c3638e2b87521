import Classification
import Files
import Foundation

/// What an evaluation says about a set of examples.
public struct Metrics: Codable, Sendable, Equatable {
  public let count: Int
  public let accuracy: Double
  /// The classes' F1 scores, averaged with equal weight; a class that is neither there nor predicted counts
  /// 0.
  public let macroF1: Double
  /// Mean cross-entropy
  public let loss: Double
  /// nil for the epochs of a run: only the final figures keep it.
  public let confusion: Confusion?

  enum CodingKeys: String, CodingKey {
    case count, accuracy, loss, confusion
    case macroF1 = "macro_f1"
  }

  /// - Throws: `FathomError` when a logit is not finite: such a model predicts nothing.
  /// - Precondition: as many rows of logits as targets, at least one.
  public init(logits: [[Float]], targets: some Collection<Int>) throws {
    precondition(
      logits.count == targets.count && !targets.isEmpty, "metrics need a row of logits for each target")
    let classCount = logits[0].count
    var loss = 0.0
    var predictions: [Int] = []
    predictions.reserveCapacity(logits.count)
    for (row, target) in zip(logits, targets) {
      predictions.append(try TextClassifier.predictedClass(row))
      loss -= max(TextClassifier.logSoftmax(row, target), -690)
    }
    let confusion = Confusion(targets: targets, predictions: predictions, classCount: classCount)
    self.init(confusion, loss: loss / Double(targets.count))
  }

  init(_ confusion: Confusion, loss: Double) {
    let classCount = confusion.classCount
    var hits = [Int](repeating: 0, count: classCount)
    var present = hits, predicted = hits
    for cell in confusion.cells {
      present[cell.target] += cell.count
      predicted[cell.predicted] += cell.count
      if cell.target == cell.predicted { hits[cell.target] = cell.count }
    }
    let scores = (0..<classCount).map { label in
      hits[label] == 0 ? 0 : 2 * Double(hits[label]) / Double(present[label] + predicted[label])
    }
    let count = present.reduce(0, +)
    self.init(
      count: count, accuracy: Double(hits.reduce(0, +)) / Double(count),
      macroF1: scores.reduce(0, +) / Double(classCount), loss: loss, confusion: confusion)
  }

  public init(count: Int, accuracy: Double, macroF1: Double, loss: Double, confusion: Confusion?) {
    self.count = count
    self.accuracy = accuracy
    self.macroF1 = macroF1
    self.loss = loss
    self.confusion = confusion
  }

  /// The figures alone, as epochs keep them.
  var withoutConfusion: Metrics {
    Metrics(count: count, accuracy: accuracy, macroF1: macroF1, loss: loss, confusion: nil)
  }
}
