import Encoder
import Torch

/// What stands on an encoder: from what it reads to logits. Its parameters carry their names in a saved
/// folder.
///
/// A new head is one file with a class and a ``HeadKind``, and a line in ``HeadKind/all``.
public protocol Head: Module {
  /// - Parameters:
  ///   - input: what ``HeadKind/reading`` asks for, float32.
  ///   - training: whether dropout is drawn.
  /// - Returns: logits `[B,C]`.
  func callAsFunction(_ input: HeadInput, training: Bool) -> Tensor

  /// Draws the weights.
  /// - Parameter deviation: of the encoder's own first weights.
  func initialize(deviation: Double)
}

/// What of an encoder's output a head reads; nothing else is computed.
public typealias HeadReading = EncoderReading

/// What a head is given.
public struct HeadInput {
  /// float32, in the shape of its ``HeadReading``
  public let features: Tensor
  public let batch: PackedTokens
}

/// The sizes that a head is made for.
public struct HeadShape: Sendable {
  /// H
  public let hiddenSize: Int
  /// K
  public let blockCount: Int
  /// P
  public let maximumLength: Int
  /// C
  public let classCount: Int
  /// Before the linear layer
  public let dropout: Double
  public let deviations: Deviations
}

/// A kind of head, as variants and tables name it.
public struct HeadKind: Sendable {
  /// The letters of a variant: VA in 3VA
  public let code: String
  /// The word in tables, as in the study of 2019
  public let title: String
  public let reading: HeadReading
  let make: @Sendable (HeadShape) -> any Head

  init(
    _ code: String, _ title: String, reads reading: HeadReading,
    _ make: @escaping @Sendable (HeadShape) -> any Head
  ) {
    self.code = code
    self.title = title
    self.reading = reading
    self.make = make
  }

  /// nil for letters that no head has.
  init?(code: some StringProtocol) {
    guard let kind = HeadKind.all.first(where: { $0.code == code }) else { return nil }
    self = kind
  }

  /// Every head that a variant can name.
  public static let all: [HeadKind] = [
    .pooled, .firstToken, .mean, .maximum, .flattened, .lstm, .concatenatedLSTM,
  ]
}

extension HeadKind: Hashable {
  public static func == (a: HeadKind, b: HeadKind) -> Bool { a.code == b.code }
  public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension Linear {
  /// Draws weight and bias from U(-1/√in, 1/√in), as `torch.nn.Linear` starts.
  func initializeByWidth() {
    let bound = 1 / Double(weight.shape[1]).squareRoot()
    weight.fillUniform(-bound, bound)
    bias.fillUniform(-bound, bound)
  }
}
