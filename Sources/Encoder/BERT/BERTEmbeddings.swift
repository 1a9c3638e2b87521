import Torch

/// Word, position and token-type embeddings, added and normalised.
/// - Source: Devlin et al. 2019, "BERT", figure 2; `modeling_bert.py`.
public final class BERTEmbeddings: Module {
  @Child("word_embeddings") public var words: Embedding
  @Child("position_embeddings") var positions: Embedding
  @Child("token_type_embeddings") var tokenTypes: Embedding
  @Child("LayerNorm") var norm: LayerNorm
  private let dropout: Dropout

  public init(_ config: BERTConfig) {
    dropout = Dropout(config.hiddenDropout)
    words = Embedding(config.vocabularySize, config.hiddenSize)
    positions = Embedding(config.maximumPositions, config.hiddenSize)
    tokenTypes = Embedding(config.tokenTypeCount, config.hiddenSize)
    norm = LayerNorm(config.hiddenSize, epsilon: config.layerNormEpsilon)
  }

  /// `[T]` → `[T,H]`
  public func callAsFunction(
    _ batch: PackedTokens, dtype: DType = .float32, training: Bool = false
  ) -> Tensor {
    let width = words.weight.shape[1]
    if batch.segments == nil, Fused.isAvailable(dtype, on: batch.ids.device, widths: [width]) {
      return .embedded(
        words: words, positions: positions, types: tokenTypes, norm: norm, ids: batch.ids,
        places: batch.positions, dtype: dtype, dropout: training ? dropout.probability : 0)
    }
    let types = batch.segments.map { tokenTypes($0) } ?? tokenTypes.weight.narrowed(0, from: 0, count: 1)
    let sum = words(batch.ids) + positions(batch.positions) + types
    return dropout(norm(sum).to(dtype), training: training)
  }

  func initialize(deviation: Double) {
    for table in [words, positions, tokenTypes] { table.initialize(deviation: deviation) }
    norm.initialize()
  }
}
