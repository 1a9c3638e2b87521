import Files
import Foundation
import Torch

/// What the logits of a classifier mean: how targets become a loss, and logits a prediction.
///
/// A new task is a type of its own and a case of ``TaskKind``.
public protocol TextTask: Sendable {
  /// Names of the outputs, in the order of the logits: classes, labels or quantities.
  var labels: [String] { get }

  /// - Parameters:
  ///   - logits: `[B,C]` float32.
  ///   - targets: B of them.
  /// - Returns: the mean loss, a scalar.
  func loss(_ logits: Tensor, targets: [Target], options: LossOptions) -> Tensor

  /// What the logits `[C]` of a text say.
  /// - Throws: `FathomError` when one of them is not finite.
  func prediction(_ logits: [Float]) throws -> Prediction
}

/// What an example ought to be given.
public enum Target: Sendable, Equatable {
  /// Index of its class
  case label(Int)
  /// Indices of its labels, rising; there may be none.
  case labels([Int])
  /// A number for each quantity
  case values([Double])
}

/// The kinds of task, by the name that config.json has for them (`problem_type` of Hugging Face
/// Transformers).
public enum TaskKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Each text has one of several classes.
  case singleLabel = "single_label_classification"
  /// Each text has any number of labels.
  case multiLabel = "multi_label_classification"
  /// Each text has one or more numbers.
  case regression

  /// Outputs that there must be at least.
  var fewestOutputs: Int { self == .singleLabel ? 2 : 1 }
}

/// How the loss is made from logits and targets; the defaults are the plain mean.
public struct LossOptions: Sendable, Hashable {
  /// What an example of each class counts (single label), or the presence of each label (multi-label); nil
  /// for 1.
  public var classWeights: [Double]?
  /// γ of the focal loss `(1 - p)^γ · -log p`; 0 is cross-entropy.
  /// - Source: Lin et al. 2017, "Focal Loss for Dense Object Detection".
  public var focalGamma = 0.0
  /// The share of each target that is spread over all classes.
  /// - Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision".
  public var labelSmoothing = 0.0
  /// Where Huber's function turns from a square into a line, in units of the target; nil for squares.
  public var huberDelta: Double?

  public init() {}
}

extension LossOptions: Codable {
  enum CodingKeys: String, CodingKey {
    case classWeights = "class_weights"
    case focalGamma = "focal_gamma"
    case labelSmoothing = "label_smoothing"
    case huberDelta = "huber_delta"
  }
}

/// Each text has one of several classes: cross-entropy over a softmax.
public struct SingleLabelTask: TextTask {
  public let labels: [String]
  /// Logits are divided by it before the softmax.
  public let temperature: Double

  public init(labels: [String], temperature: Double = 1) {
    self.labels = labels
    self.temperature = temperature
  }

  public func loss(_ logits: Tensor, targets: [Target], options: LossOptions) -> Tensor {
    let classes = targets.map { target -> Int64 in
      guard case .label(let index) = target else { preconditionFailure("a class for each text") }
      return Int64(index)
    }
    let wanted = Tensor(classes).to(logits.device)
    let weights = options.classWeights.map { Tensor($0.map(Float.init)).to(logits.device) }
    if options.focalGamma == 0 {
      return logits.crossEntropy(wanted, classWeights: weights, labelSmoothing: options.labelSmoothing)
    }
    let plain = logits.crossEntropy(wanted, perExample: true)
    let focal = focus(plain, options.focalGamma)
    let smooth = logits.crossEntropy(wanted, labelSmoothing: options.labelSmoothing, perExample: true)
    guard let classWeights = options.classWeights else { return (focal * smooth).mean() }
    let counts = Tensor(classes.map { Float(classWeights[Int($0)]) }).to(logits.device)
    return (focal * smooth * counts).sum() / counts.sum()
  }

  public func prediction(_ logits: [Float]) throws -> Prediction {
    let best = try TextClassifier.predictedClass(logits)
    let probabilities = TextClassifier.softmax(logits.map { $0 / Float(temperature) })
    return Prediction(labels: labels, scores: probabilities, logits: logits, answer: .label(best))
  }
}

/// `(1 - p)^γ` of negative log probabilities.
private func focus(_ negativeLogs: Tensor, _ gamma: Double) -> Tensor {
  let missing = (negativeLogs * -1).exp() * -1 + 1
  return missing.relu().power(gamma)
}

/// Each text has any number of labels, each with a threshold: binary cross-entropy over sigmoids.
public struct MultiLabelTask: TextTask {
  public let labels: [String]
  /// A label is given from this probability on, one for each label.
  public let thresholds: [Double]
  public let temperature: Double

  /// - Precondition: a threshold for each label.
  public init(labels: [String], thresholds: [Double]? = nil, temperature: Double = 1) {
    self.labels = labels
    self.thresholds = thresholds ?? labels.map { _ in 0.5 }
    self.temperature = temperature
    precondition(self.thresholds.count == labels.count, "a threshold for each label")
  }

  public func loss(_ logits: Tensor, targets: [Target], options: LossOptions) -> Tensor {
    var wanted = [Float](repeating: 0, count: targets.count * labels.count)
    for (row, target) in targets.enumerated() {
      guard case .labels(let indices) = target else { preconditionFailure("labels for each text") }
      for index in indices { wanted[row * labels.count + index] = 1 }
    }
    let target = Tensor(wanted).reshaped([targets.count, labels.count]).to(logits.device)
    let weights = options.classWeights.map { Tensor($0.map(Float.init)).to(logits.device) }
    let smoothing = options.labelSmoothing
    if options.focalGamma == 0 {
      return logits.binaryCrossEntropy(target, positiveWeights: weights, labelSmoothing: smoothing)
    }
    let focal = focus(logits.binaryCrossEntropy(target, perElement: true), options.focalGamma)
    let all = logits.binaryCrossEntropy(
      target, positiveWeights: weights, labelSmoothing: smoothing, perElement: true)
    return (focal * all).mean()
  }

  public func prediction(_ logits: [Float]) throws -> Prediction {
    try TextClassifier.checkFinite(logits)
    let probabilities = logits.map { 1 / (1 + exp(-Double($0) / temperature)) }
    let given = labels.indices.filter { probabilities[$0] >= thresholds[$0] }
    return Prediction(labels: labels, scores: probabilities, logits: logits, answer: .labels(given))
  }
}

/// Each text has one or more numbers: the mean of squares, or Huber's function of differences.
public struct RegressionTask: TextTask {
  /// Names of the quantities
  public let labels: [String]

  public init(labels: [String]) { self.labels = labels }

  public func loss(_ logits: Tensor, targets: [Target], options: LossOptions) -> Tensor {
    let values = targets.flatMap { target -> [Float] in
      guard case .values(let values) = target else { preconditionFailure("numbers for each text") }
      return values.map(Float.init)
    }
    let wanted = Tensor(values).reshaped([targets.count, labels.count]).to(logits.device)
    return logits.regressionLoss(wanted, huberDelta: options.huberDelta)
  }

  public func prediction(_ logits: [Float]) throws -> Prediction {
    try TextClassifier.checkFinite(logits)
    let values = logits.map(Double.init)
    return Prediction(labels: labels, scores: values, logits: logits, answer: .values(values))
  }
}
