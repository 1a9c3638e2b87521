import Checkpoint
import Files
import Foundation
import Torch

/// BERT with the head that guesses masked tokens.
/// - Source: Devlin et al. 2019, "BERT", 3.1; `BertForMaskedLM` in Hugging Face Transformers.
public final class MaskedLanguageModel: Module {
  @Child("bert") public var bert: BERTModel
  @Child("cls.predictions.transform.dense") var transform: Linear
  @Child("cls.predictions.transform.LayerNorm") var norm: LayerNorm
  @Child("cls.predictions.decoder") var decoder: Decoder?
  @Parameter("cls.predictions.bias") var bias: Tensor
  /// Whether the head was drawn, and not taken from a checkpoint.
  public private(set) var headIsNew = true

  /// A table of its own, for models whose words do not share that of the embeddings.
  final class Decoder: Module {
    @Parameter("weight") var weight: Tensor

    init(_ config: BERTConfig) { weight = .empty([config.vocabularySize, config.hiddenSize]) }
  }

  /// - Parameter bert: its weights are kept; the head starts fresh.
  public init(_ bert: BERTModel) {
    let config = bert.config
    self.bert = bert
    transform = Linear(config.hiddenSize, config.hiddenSize)
    norm = LayerNorm(config.hiddenSize, epsilon: config.layerNormEpsilon)
    decoder = config.tiesWordEmbeddings ? nil : Decoder(config)
    bias = .zeros([config.vocabularySize])
    transform.initialize(deviation: config.initializerRange)
    norm.initialize()
    decoder?.weight.fillNormal(deviation: config.initializerRange)
  }

  /// A new model whose weights are drawn as BERT's pretraining started.
  public convenience init(new config: BERTConfig) {
    let bert = BERTModel(config)
    bert.initialize()
    self.init(bert)
  }

  /// Opens the encoder of a checkpoint, with its head where it has one: see ``headIsNew``.
  /// - Throws: `FathomError` naming the file and the tensor that is wrong, or the family that has no such head.
  public convenience init(_ checkpoint: Checkpoint) throws {
    try self.init(EncoderRegistry.open(checkpoint), at: checkpoint.folder.path)
    headIsNew = try !loadHead(checkpoint)
  }

  /// - Parameters:
  ///   - encoder: its weights are kept; the head starts fresh.
  ///   - path: for messages.
  /// - Throws: `FathomError` when the encoder's family has no head that guesses masked tokens.
  convenience init<E: Encoder>(_ encoder: E, at path: String) throws {
    guard let bert = encoder as? BERTModel else {
      throw FathomError(
        .unsupported, at: path,
        "a model of the family '\(E.modelType)' has no head that guesses masked tokens",
        mend: "go on with one of the family '\(BERTModel.modelType)'")
    }
    self.init(bert)
  }

  /// Takes the head from a checkpoint that has one; says whether it did.
  /// - Throws: `FathomError` naming the tensor that is wrong.
  private func loadHead(_ checkpoint: Checkpoint) throws -> Bool {
    guard checkpoint.contains("cls.predictions.transform.dense.weight"),
      let stored = checkpoint["cls.predictions.bias"] ?? checkpoint["cls.predictions.decoder.bias"]
    else {
      return false
    }
    try checkpoint.load(into: transform, prefix: "cls.predictions.transform.dense.")
    try checkpoint.load(into: norm, prefix: "cls.predictions.transform.LayerNorm.")
    try stored.load(into: bias)
    if let decoder, checkpoint.contains("cls.predictions.decoder.weight") {
      try checkpoint.load(into: decoder, prefix: "cls.predictions.decoder.")
    }
    return true
  }

  /// Logits of the tokens at the given indices of the packed batch: `[M]` int64 → `[M,V]`, float32.
  public func callAsFunction(
    _ batch: PackedTokens, places: Tensor, dtype: DType = .float32, training: Bool
  ) -> Tensor {
    let output = bert(batch, reading: .tokens, dtype: dtype, training: training)
    let x = output.packed.selected(places)  // [M,H]
    let transformed = norm(bert.config.activation(transform(x)))
    let table = decoder?.weight ?? bert.embeddings.words.weight  // [V,H]
    return transformed.linear(table.to(dtype), bias.to(dtype)).to(.float32)
  }
}
