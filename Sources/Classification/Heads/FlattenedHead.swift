import Torch

/// VF: all hidden states side by side, zeros beyond the text → dropout → linear.
final class FlattenedHead: Head {
  @Child("classifier") var classifier: Linear
  private let dropout: Dropout
  private let maximumLength: Int

  init(_ shape: HeadShape) {
    dropout = Dropout(shape.dropout)
    maximumLength = shape.maximumLength
    classifier = Linear(shape.maximumLength * shape.hiddenSize, shape.classCount)
  }

  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor {
    let padded = input.batch.padded(input.features, length: maximumLength)  // [B,P,H]
    return classifier(dropout(padded.reshaped([input.batch.batchSize, -1]), training: training))
  }

  /// By the width of its input, P·H: with the encoder's own deviation the first logits would be many times
  /// too large.
  func initialize(deviation: Double) { classifier.initializeByWidth() }
}

extension HeadKind {
  public static let flattened = HeadKind("VF", "flatten", reads: .tokens) { FlattenedHead($0) }
}
