import Checkpoint
import Encoder
import Files
import Foundation
import Torch

/// The tensors of a classifier: an encoder or an embedding of its own, and a head.
public final class ClassifierNetwork: Module {
  static let newEmbeddingSize = 100

  /// nil for the baseline with an embedding of its own
  @Child("bert") public var encoder: (any Encoder)?
  @Child("embedding") var embedding: Embedding?
  /// Its parameters stand beside the encoder's: `classifier.weight`, `lstm.…`.
  @Child("") var head: any Head
  let reading: HeadReading
  private let deviations: Deviations
  private let maximumLength: Int
  private let padTokenID: Int32

  /// - Parameters:
  ///   - encoder: nil for the baseline with an embedding of its own.
  ///   - vocabularySize: rows of that embedding.
  ///   - padTokenID: of the tokenizer, for a model that reads padding.
  public init(
    encoder: (any Encoder)?, settings: ClassifierSettings, vocabularySize: Int, padTokenID: Int32 = 0
  ) {
    reading = settings.variant.head.reading
    deviations = settings.deviations
    maximumLength = settings.maximumLength
    self.padTokenID = padTokenID
    self.encoder = encoder
    embedding = encoder == nil ? Embedding(vocabularySize, ClassifierNetwork.newEmbeddingSize) : nil
    head = settings.variant.head.make(
      HeadShape(
        hiddenSize: encoder?.config.hiddenSize ?? ClassifierNetwork.newEmbeddingSize,
        blockCount: settings.variant.blockCount, maximumLength: settings.maximumLength,
        classCount: settings.labels.count, dropout: settings.dropout, deviations: settings.deviations))
  }

  /// A batch as this network reads it.
  public func batch(_ sequences: [TokenSequence], device: Device = .cpu) -> PackedTokens {
    let batch = PackedTokens(sequences, device: device)
    return deviations.readsPadding ? batch.padding(to: maximumLength, with: padTokenID) : batch
  }

  /// The same of ids of single texts.
  public func batch(_ sequences: [[Int32]], device: Device = .cpu) -> PackedTokens {
    batch(sequences.map { TokenSequence($0) }, device: device)
  }

  /// What turns token ids into vectors, the encoder's or the baseline's own.
  public var tokenEmbedding: Embedding { encoder?.wordEmbeddings ?? embedding! }

  /// Draws what stands on the encoder.
  public func initializeHead() {
    embedding?.initialize(deviation: 1)
    head.initialize(deviation: encoder?.config.initializerRange ?? 0.02)
  }

  /// Logits `[B,C]`, float32 whatever the encoder computes in, of what `batch` made.
  /// - Parameter embedded: the output `[T,H]` of the encoder's embeddings, for a caller who wants the
  ///   gradient at it.
  public func callAsFunction(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false
  ) -> Tensor {
    let features = features(batch, embedded, dtype: dtype, training: training)
    let dropsOut = training || deviations.dropsOutInTesting
    return head(HeadInput(features: features, batch: batch), training: dropsOut)
  }

  private func features(_ batch: PackedTokens, _ embedded: Tensor?, dtype: DType, training: Bool) -> Tensor {
    guard let encoder else { return embedding!(batch.ids) }
    let output = encoder(batch, reading: reading, embedded: embedded, dtype: dtype, training: training)
    return output.features(reading).to(.float32)
  }
}

extension ClassifierNetwork {
  /// Loads what stands on the encoder.
  /// - Throws: `FathomError` naming a tensor that is missing or has another shape.
  func loadHead(_ checkpoint: Checkpoint) throws {
    for (name, parameter) in namedParameters() where !name.hasPrefix("bert.") {
      guard let stored = checkpoint[name] else {
        throw FathomError(
          .damaged, at: checkpoint.folder.path, "tensor '\(name)' is missing",
          mend: "bring the whole folder again")
      }
      try stored.load(into: parameter.wrappedValue)
    }
  }

  /// Takes the head of a folder that holds a classifier of the same variant with the same classes in the same
  /// order.
  /// - Returns: whether it did.
  func loadHead(_ checkpoint: Checkpoint, ifOf settings: ClassifierSettings) throws -> Bool {
    guard let rows = checkpoint.matrix("classifier.weight")?.rows,
      let saved = try? ClassifierSettings(checkpoint.config, classCount: rows),
      saved.labels == settings.labels, saved.kind == settings.kind, saved.variant == settings.variant,
      namedParameters().allSatisfy({ name, parameter in
        name.hasPrefix("bert.") || checkpoint[name]?.shape == parameter.wrappedValue.shape
      })
    else { return false }
    try loadHead(checkpoint)
    return true
  }
}
