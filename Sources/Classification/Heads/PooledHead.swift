import Torch

/// VA: pooled [CLS] → dropout → linear, as `BertForSequenceClassification`.
final class PooledHead: Head {
  @Child("classifier") var classifier: Linear
  private let dropout: Dropout

  init(_ shape: HeadShape) {
    dropout = Dropout(shape.dropout)
    classifier = Linear(shape.hiddenSize, shape.classCount)
  }

  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor {
    classifier(dropout(input.features, training: training))  // [B,H] → [B,C]
  }

  func initialize(deviation: Double) { classifier.initialize(deviation: deviation) }
}

extension HeadKind {
  public static let pooled = HeadKind("VA", "CLS", reads: .pooledFirstToken) { PooledHead($0) }
}
