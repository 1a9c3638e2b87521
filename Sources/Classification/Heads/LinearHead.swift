import Torch

/// One feature vector per text → dropout → linear.
final class LinearHead: Head {
  @Child("classifier") var classifier: Linear
  private let dropout: Dropout
  private let feature: (HeadInput) -> Tensor

  /// - Parameter feature: `[B,H]` from what the head reads.
  init(_ shape: HeadShape, feature: @escaping (HeadInput) -> Tensor = { $0.features }) {
    dropout = Dropout(shape.dropout)
    self.feature = feature
    classifier = Linear(shape.hiddenSize, shape.classCount)
  }

  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor {
    classifier(dropout(feature(input), training: training))  // [B,H] → [B,C]
  }

  /// As `BertForSequenceClassification` starts: N(0, deviation), the bias 0.
  func initialize(deviation: Double) { classifier.initialize(deviation: deviation) }
}
