import Torch

/// LV and LC: hidden states → BiLSTM → final states of both directions → dropout → linear.
final class RecurrentHead: Head {
  @Child("lstm") var lstm: BiLSTM
  @Child("classifier") var classifier: Linear
  private let dropout: Dropout
  private let misreadsSteps: Bool
  private static let hiddenSize = 128

  /// - Parameter inputSize: of each token.
  init(_ shape: HeadShape, inputSize: Int) {
    dropout = Dropout(shape.dropout)
    misreadsSteps = shape.deviations.misreadsSteps
    lstm = BiLSTM(inputSize, hiddenSize: Self.hiddenSize)
    classifier = Linear(2 * Self.hiddenSize, shape.classCount)
  }

  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor {
    return classifier(dropout(states(input), training: training))
  }

  /// `[B,256]`: the final states of both directions, each having seen the whole text.
  private func states(_ input: HeadInput) -> Tensor {
    if misreadsSteps { return misreadStates(input) }
    return lstm(input.features, lengths: input.batch.lengths)
  }

  /// As the study of 2019 read them: `lengths.repeat(1, 256).view(-1, 1, 256)` lays the lengths of the
  /// batch's texts side by side, so that feature j of text i is that of the step which text (i·256 + j) mod B
  /// ends before.
  private func misreadStates(_ input: HeadInput) -> Tensor {
    let (batch, width) = (input.batch, 2 * Self.hiddenSize)
    let steps = lstm.steps(input.features, lengths: batch.lengths)  // [T,256]
    let ends = zip(batch.attended ?? batch.lengths, batch.lengths).map { min($0, $1 - 1) }
    var places: [Int64] = []
    var start = 0
    for (text, length) in batch.lengths.enumerated() {
      for feature in 0..<width {
        let step = min(ends[(text * width + feature) % ends.count], length - 1)
        places.append(Int64((start + step) * width + feature))
      }
      start += length
    }
    return steps.reshaped([-1]).selected(Tensor(places).to(steps.device)).reshaped([batch.batchSize, width])
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
