import Checkpoint
import Foundation
import Torch

/// BERT with the head that guesses masked tokens; the decoder shares the word embeddings.
/// - Source: Devlin et al. 2019, "BERT", 3.1; `BertForMaskedLM` in Hugging Face Transformers.
public final class MaskedLanguageModel: Module {
  @Child("bert") public var bert: BERTModel
  @Child("cls.predictions.transform.dense") var transform: Linear
  @Child("cls.predictions.transform.LayerNorm") var norm: LayerNorm
  @Parameter("cls.predictions.bias") var bias: Tensor

  /// - Parameter bert: its weights are kept; the head starts fresh.
  public init(_ bert: BERTModel) {
    let config = bert.config
    self.bert = bert
    transform = Linear(config.hiddenSize, config.hiddenSize)
    norm = LayerNorm(config.hiddenSize, epsilon: config.layerNormEpsilon)
    bias = .zeros([config.vocabularySize])
    transform.initialize(deviation: config.initializerRange)
    norm.initialize()
  }

  /// Takes the head from a checkpoint that has one; says whether it did.
  @discardableResult
  public func loadHead(_ checkpoint: Checkpoint) throws -> Bool {
    guard checkpoint.contains("cls.predictions.transform.dense.weight"),
      checkpoint.contains("cls.predictions.bias")
    else {
      return false
    }
    try checkpoint.load(into: transform, prefix: "cls.predictions.transform.dense.")
    try checkpoint.load(into: norm, prefix: "cls.predictions.transform.LayerNorm.")
    try checkpoint["cls.predictions.bias"]!.load(into: bias)
    return true
  }

  /// Logits of the tokens at the given packed places: `[M]` int64 → `[M,V]`.
  public func callAsFunction(_ batch: PackedTokens, places: Tensor, dtype: DType = .float32, training: Bool)
    -> Tensor
  {
    let x = bert(batch, dtype: dtype, training: training).packed.selected(places)  // [M,H]
    let transformed = norm(transform(x).gelu())
    return transformed.linear(bert.embeddings.words.weight.to(dtype), bias.to(dtype)).to(.float32)
  }
}
