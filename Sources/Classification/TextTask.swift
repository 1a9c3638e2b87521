import Encoder
import Files
import Foundation
import Torch

/// What the logits of a classifier mean: how classes become a loss, and logits a prediction.
public protocol TextTask: Sendable {
  /// `problem_type` of config.json, as Hugging Face Transformers names it
  static var problemType: String { get }
  /// Class names in the order of the logits
  var labels: [String] { get }

  /// - Parameters:
  ///   - logits: `[B,C]` float32.
  ///   - classes: B of them, the index of each example's class.
  /// - Returns: the mean loss, a scalar.
  func loss(_ logits: Tensor, classes: [Int]) -> Tensor

  /// What the logits `[C]` of a text say.
  /// - Throws: `FathomError` when one of them is not finite.
  func prediction(_ logits: [Float]) throws -> TextClassifier.Prediction
}

/// Each text has one of several classes: cross-entropy over a softmax.
public struct SingleLabelTask: TextTask {
  public static let problemType = "single_label_classification"
  public let labels: [String]

  public init(labels: [String]) { self.labels = labels }

  public func loss(_ logits: Tensor, classes: [Int]) -> Tensor {
    logits.crossEntropy(Tensor(classes.map(Int64.init)).to(logits.device))
  }

  public func prediction(_ logits: [Float]) throws -> TextClassifier.Prediction {
    let best = try TextClassifier.predictedClass(logits)
    let scores = zip(labels, TextClassifier.softmax(logits)).map { (label: $0, probability: $1) }
    return TextClassifier.Prediction(label: labels[best], scores: scores, logits: logits)
  }
}
