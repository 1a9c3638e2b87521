import Encoder
import Checkpoint
import Files
import Foundation
import Torch

/// The tensors of a classifier: an encoder or an embedding, perhaps a BiLSTM, and a linear layer.
public final class ClassifierNetwork: Module {
  static let lstmSize = 128
  static let newEmbeddingSize = 100

  @Child("bert") public var bert: BERTModel?
  @Child("embedding") var embedding: Embedding?
  @Child("lstm") var lstm: BiLSTM?
  @Child("classifier") var classifier: Linear
  private let head: Head
  private let dropout: Dropout
  private let flattenedLength: Int

  /// - Parameters:
  ///   - bert: nil for the baseline with an embedding of its own.
  ///   - vocabularySize: rows of that embedding.
  public init(bert: BERTModel?, settings: ClassifierSettings, vocabularySize: Int) {
    head = settings.variant.head
    dropout = Dropout(settings.dropout)
    flattenedLength = settings.maximumLength
    self.bert = bert
    embedding = bert == nil ? Embedding(vocabularySize, ClassifierNetwork.newEmbeddingSize) : nil
    let width = bert?.config.hiddenSize ?? ClassifierNetwork.newEmbeddingSize
    let feature: Int
    switch head {
    case .pooled: (lstm, feature) = (nil, width)
    case .flattened: (lstm, feature) = (nil, width * settings.maximumLength)
    case .lstm, .concatenatedLSTM:
      let states = head == .lstm ? 1 : settings.variant.blockCount + 1
      lstm = BiLSTM(states * width, hiddenSize: ClassifierNetwork.lstmSize)
      feature = 2 * ClassifierNetwork.lstmSize
    }
    classifier = Linear(feature, settings.labels.count)
  }

  /// What turns token ids into vectors, BERT's or the baseline's own.
  public var tokenEmbedding: Embedding { bert?.embeddings.words ?? embedding! }

  var readsFirstTokenAlone: Bool { head == .pooled }

  /// Draws what stands on the encoder.
  public func initializeHead() {
    embedding?.initialize(deviation: 1)
    lstm?.initialize()
    if lstm == nil {
      classifier.initialize(deviation: bert?.config.initializerRange ?? 0.02)
    } else {
      // As torch.nn.Linear starts.
      let bound = 1 / Double(2 * ClassifierNetwork.lstmSize).squareRoot()
      classifier.weight.fillUniform(-bound, bound)
      classifier.bias.fillUniform(-bound, bound)
    }
  }

  /// Logits `[B,C]`, float32 whatever the encoder computes in.
  /// - Parameter embedded: the embeddings' output `[T,H]` of a BERT, for a caller who wants the gradient at it.
  public func callAsFunction(
    _ batch: PackedTokens, embedded: Tensor? = nil, dtype: DType = .float32, training: Bool = false
  ) -> Tensor {
    classifier(dropout(feature(batch, embedded, dtype: dtype, training: training), training: training))
  }

  private func feature(_ batch: PackedTokens, _ embedded: Tensor?, dtype: DType, training: Bool) -> Tensor {
    guard let bert else { return lstm!(embedding!(batch.ids), lengths: batch.lengths) }
    if head == .pooled {
      return bert.pooled(batch, embedded: embedded, dtype: dtype, training: training).to(.float32)
    }
    let output = bert(
      batch, embedded: embedded, dtype: dtype, training: training,
      keepingHiddenStates: head == .concatenatedLSTM)
    if head == .flattened {
      return batch.padded(output.packed.to(.float32), length: flattenedLength).reshaped([batch.batchSize, -1])
    }
    let states = head == .lstm ? output.packed : Tensor.concatenated(output.hiddenStates, along: 1)
    return lstm!(states.to(.float32), lengths: batch.lengths)
  }
}

extension ClassifierNetwork {
  /// Loads what stands on the encoder.
  /// - Throws: ``FathomError`` naming a tensor that is missing or has another shape.
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

  /// Takes the head of a folder that holds a classifier of the same variant with the same classes in the same order.
  /// - Returns: whether it did.
  func loadHead(from folder: URL, _ settings: ClassifierSettings) throws -> Bool {
    guard let checkpoint = try? Checkpoint(folder: folder),
      let rows = checkpoint["classifier.weight"]?.shape.first,
      let saved = try? ClassifierSettings(folder: folder, classCount: rows),
      saved.labels == settings.labels, saved.variant == settings.variant,
      namedParameters().allSatisfy({ name, parameter in
        name.hasPrefix("bert.") || checkpoint[name]?.shape == parameter.wrappedValue.shape
      })
    else { return false }
    try loadHead(checkpoint)
    return true
  }
}
