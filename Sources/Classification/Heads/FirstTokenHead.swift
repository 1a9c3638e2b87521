import Torch

/// VC: the last hidden state of [CLS], without a pooler → dropout → linear.
/// - Source: Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?", 5.3.
final class FirstTokenHead: Head {
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
  public static let firstToken = HeadKind("VC", "raw CLS", reads: .firstToken) { FirstTokenHead($0) }
}
