import Torch

extension HeadKind {
  /// VM: the mean of the last hidden states of a text's tokens.
  public static let mean = HeadKind("VM", "mean", reads: .tokens) { shape in
    LinearHead(shape) { input in
      input.batch.perSequence(input.features) { $0.sum(along: 1) * (1 / Double($0.shape[1])) }
    }
  }
}
