import Foundation
import WordPiece

/// What a model says of a text.
public struct Prediction: Sendable {
  /// Names of the outputs
  public let labels: [String]
  /// A probability for each class or label, or the value of each quantity
  public let scores: [Double]
  public let logits: [Float]
  public let answer: Target
  /// What was read of the text; nil where ids were given.
  public var text: EncodedText?

  /// - Precondition: as many scores and logits as labels.
  public init(labels: [String], scores: [Double], logits: [Float], answer: Target) {
    precondition(scores.count == labels.count && logits.count == labels.count, "a score for each label")
    self.labels = labels
    self.scores = scores
    self.logits = logits
    self.answer = answer
  }

  public var isTruncated: Bool { text?.isTruncated ?? false }

  /// The answer in words: the class, the labels with `|` between them, or the numbers.
  public var title: String {
    switch answer {
    case .label(let index): labels[index]
    case .labels(let indices):
      indices.isEmpty ? "no label" : indices.map { labels[$0] }.joined(separator: "|")
    case .values(let values): values.map { String(format: "%.4g", $0) }.joined(separator: ", ")
    }
  }

  /// Of the predicted class, or of the likeliest label; the first number in a regression.
  public var confidence: Double {
    switch answer {
    case .label(let index): scores[index]
    case .labels: scores.max() ?? 0
    case .values(let values): values.first ?? 0
    }
  }

  /// The output that the text speaks for most: what is explained where nothing else is chosen.
  public var leading: Int {
    switch answer {
    case .label(let index): index
    case .labels: scores.indices.max { scores[$0] < scores[$1] } ?? 0
    case .values: 0
    }
  }

  /// As `fathom predict` and `fathom serve` give it, for `JSONSerialization`. The same keys for every text of
  /// a model: `label` (a class), `labels` (of a text with several) or `value` and `values`; `scores` by name;
  /// `logits`.
  /// - Parameter topK: the scores of so many classes, the highest; nil gives all.
  public func json(topK: Int? = nil) -> [String: Any] {
    var object: [String: Any] = ["logits": logits.map(Double.init)]
    switch answer {
    case .label(let index): object["label"] = labels[index]
    case .labels(let indices): object["labels"] = indices.map { labels[$0] }
    case .values(let values):
      if values.count == 1 { object["value"] = values[0] }
      object["values"] = named(values.indices, values)
      return merged(object)
    }
    object["scores"] = named(shown(topK), scores)
    return merged(object)
  }

  private func shown(_ topK: Int?) -> some Collection<Int> {
    guard let topK, topK < scores.count else { return Array(scores.indices) }
    return Array(scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }.prefix(topK))
  }

  /// Names are checked when a folder is opened; a repeated one must not end the program all the same.
  private func named(_ indices: some Collection<Int>, _ values: [Double]) -> [String: Double] {
    Dictionary(indices.map { (labels[$0], values[$0]) }, uniquingKeysWith: max)
  }

  private func merged(_ object: [String: Any]) -> [String: Any] {
    text.map { object.merging($0.json) { first, _ in first } } ?? object
  }
}
