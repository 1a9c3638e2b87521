import Torch

extension HeadKind {
  /// VX: the largest of the last hidden states of a text's tokens, feature by feature.
  public static let maximum = HeadKind("VX", "max", reads: .tokens) { shape in
    LinearHead(shape) { input in input.batch.perSequence(input.features) { $0.max(along: 1) } }
  }
}
