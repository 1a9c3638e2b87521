import Classification
import Foundation

/// What an evaluation says about a set of examples.
public struct Metrics: Codable, Sendable, Equatable {
  public let count: Int
  public let accuracy: Double
  /// The classes' F1 scores, averaged with equal weight; a class that is neither there nor predicted counts 0.
  public let macroF1: Double
  /// Mean cross-entropy
  public let loss: Double
  /// Rows are true classes, columns predicted ones.
  public let confusion: [[Int]]

  enum CodingKeys: String, CodingKey {
    case count, accuracy, loss, confusion
    case macroF1 = "macro_f1"
  }

  /// - Precondition: as many rows of logits as targets, at least one.
  public init(logits: [[Float]], targets: some Collection<Int>) {
    precondition(
      logits.count == targets.count && !targets.isEmpty, "metrics need a row of logits for each target")
    let classes = logits[0].count
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    var loss = 0.0
    for (row, target) in zip(logits, targets) {
      confusion[target][row.indices.max { row[$0] < row[$1] }!] += 1
      loss -= Foundation.log(max(TextClassifier.softmax(row)[target], 1e-300))
    }
    let scores = (0..<classes).map { label -> Double in
      let hits = confusion[label][label]
      let present = confusion[label].reduce(0, +)
      let predicted = confusion.reduce(0) { $0 + $1[label] }
      return hits == 0 ? 0 : 2 * Double(hits) / Double(present + predicted)
    }
    self.confusion = confusion
    self.loss = loss / Double(targets.count)
    count = targets.count
    accuracy = Double((0..<classes).reduce(0) { $0 + confusion[$1][$1] }) / Double(targets.count)
    macroF1 = scores.reduce(0, +) / Double(classes)
  }
}
