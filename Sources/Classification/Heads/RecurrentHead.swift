import Torch

/// LV and LC: hidden states → BiLSTM → final states of both directions → dropout → linear.
final class RecurrentHead: Head {
  @Child("lstm") var lstm: BiLSTM
  @Child("classifier") var classifier: Linear
  private let dropout: Dropout
  private static let hiddenSize = 128

  /// - Parameter inputSize: of each token.
  init(_ shape: HeadShape, inputSize: Int) {
    dropout = Dropout(shape.dropout)
    lstm = BiLSTM(inputSize, hiddenSize: Self.hiddenSize)
    classifier = Linear(2 * Self.hiddenSize, shape.classCount)
  }

  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor {
    let states = lstm(input.features, lengths: input.batch.lengths)  // [B,256]
    return classifier(dropout(states, training: training))
  }

  func initialize(deviation: Double) {
    lstm.initialize()
    classifier.initializeByWidth()
  }
}

extension HeadKind {
  /// Over the last hidden states
  public static let lstm = HeadKind("LV", "BiLSTM", reads: .tokens) {
    RecurrentHead($0, inputSize: $0.hiddenSize)
  }

  /// Over all K+1 hidden states concatenated
  public static let concatenatedLSTM = HeadKind("LC", "concat BiLSTM", reads: .allStates) {
    RecurrentHead($0, inputSize: ($0.blockCount + 1) * $0.hiddenSize)
  }
}
