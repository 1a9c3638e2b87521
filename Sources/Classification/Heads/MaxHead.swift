import Torch

/// VX: the largest of the last hidden states of a text's tokens, feature by feature → dropout → linear.
final class MaxHead: Head {
  @Child("classifier") var classifier: Linear
  private let dropout: Dropout

  init(_ shape: HeadShape) {
    dropout = Dropout(shape.dropout)
    classifier = Linear(shape.hiddenSize, shape.classCount)
  }

  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor {
    let pooled = input.batch.perSequence(input.features) { $0.max(along: 1) }  // [T,H] → [B,H]
    return classifier(dropout(pooled, training: training))
  }

  func initialize(deviation: Double) { classifier.initialize(deviation: deviation) }
}

extension HeadKind {
  public static let maximum = HeadKind("VX", "max", reads: .tokens) { MaxHead($0) }
}
