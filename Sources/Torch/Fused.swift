import CTorch

/// Several of BERT's steps in one pass over memory, on processors that have AVX-512 with bfloat16.
///
/// Each equals the plain operations beside it in ``BERTBlock`` within rounding; what is dropped out is drawn from a
/// hash of one random seed instead of an element at a time.
public enum Fused {
  /// False takes the plain path everywhere: for comparing the two.
  nonisolated(unsafe) public static var isEnabled = true

  /// - Parameter widths: the row lengths that the operations would work on.
  public static func isAvailable(_ dtype: DType, on device: Device, widths: [Int]) -> Bool {
    isEnabled && device == .cpu && ct_fused_available(dtype.rawValue) && widths.allSatisfy { $0 % 16 == 0 }
  }

  /// Whether inference multiplies rows of `x` by weights that were packed for it.
  static func packs(_ dtype: DType, on device: Device, sides: [Int]) -> Bool {
    isAvailable(dtype, on: device, widths: sides) && ct_panels_available(dtype.rawValue)
  }
}

extension Tensor {
  /// Self-attention within each sequence of a packed batch, with dropout on the probabilities.
  /// - Parameters:
  ///   - lengths: int64 `[B]` on the CPU; they add up to T.
  ///   - heads: N
  /// - Returns: `[T,3H]`, rows of query, key and value → `[T,H]`
  /// - Source: Vaswani et al. 2017; the backward pass follows Dao et al. 2022, "FlashAttention".
  public func packedAttention(lengths: Tensor, heads: Int, dropout: Double) -> Tensor {
    OperationCounter.addAttention(lengths, queries: { $0 }, hidden: shape[1] / 3)
    return made(ct_packed_attention(handle, lengths.handle, Int64(heads), dropout))
  }

  /// The same on CUDA in 16 bits, through FlashAttention's kernel for sequences of different lengths.
  /// - Parameters:
  ///   - queries: `[M,H]`
  ///   - keys: `[T,H]`, as are the values
  ///   - queryOffsets: int32 `[B+1]` on the device: where each sequence's queries start, then M
  ///   - offsets: the same of keys and values
  ///   - longestQuery: at least the most queries of a sequence; `longest` the same of keys
  /// - Returns: `[M,H]`
  /// - Source: Dao 2023, "FlashAttention-2"; `flash_attn_varlen_func`.
  public static func flashAttention(
    _ queries: Tensor, _ keys: Tensor, _ values: Tensor, queryOffsets: Tensor, offsets: Tensor,
    longestQuery: Int, longest: Int,
    heads: Int, dropout: Double
  ) -> Tensor {
    let parts = [queries, keys, values].map { $0.reshaped([$0.shape[0], heads, -1]) }
    return made(
      ct_varlen_attention(
        parts[0].handle, parts[1].handle, parts[2].handle, queryOffsets.handle, offsets.handle,
        Int64(longestQuery), Int64(longest),
        dropout))
  }

  /// Attention of one query `[B,H]` a sequence to its keys and values `[T,2H]` → `[B,H]`.
  public func firstAttention(_ keysValues: Tensor, lengths: Tensor, heads: Int, dropout: Double) -> Tensor {
    OperationCounter.addAttention(lengths, queries: { _ in 1 }, hidden: shape[1])
    return made(ct_first_attention(handle, keysValues.handle, lengths.handle, Int64(heads), dropout))
  }

  /// `dropout(LayerNorm(words[ids] + positions[places] + types[0]))` of `T` tokens → `[T,H]` in the given type.
  public static func embedded(
    words: Embedding, positions: Embedding, types: Embedding, norm: LayerNorm, ids: Tensor, places: Tensor,
    dtype: DType,
    dropout: Double
  ) -> Tensor {
    made(
      ct_embed(
        words.weight.handle, positions.weight.handle, types.weight.handle, norm.weight.handle,
        norm.bias.handle, ids.handle,
        places.handle, norm.epsilon, dropout, dtype.rawValue, words.hasRowGradients))
  }

  /// `gelu(x W₁ᵀ + b₁) W₂ᵀ`: `[T,H]` → `[T,H]`; the second layer's bias goes to ``residualNorm(bias:residual:weight:offset:epsilon:dropout:)``.
  /// - Parameters:
  ///   - inner: float32 `[I,H]`
  ///   - bias: float32 `[I]`
  ///   - outer: float32 `[H,I]`
  public func feedForward(inner: Tensor, bias: Tensor, outer: Tensor) -> Tensor {
    OperationCounter.add(2 * Double(count) * Double(inner.shape[0]) + 2 * Double(shape[0] * outer.count))
    return made(ct_feed_forward(handle, inner.handle, bias.handle, outer.handle))
  }

  /// `LayerNorm(residual + dropout(x + bias))` of rows `[T,H]`; bias and the norm's weights are float32.
  public func residualNorm(
    bias: Tensor, residual: Tensor, weight: Tensor, offset: Tensor, epsilon: Double, dropout: Double
  ) -> Tensor {
    made(
      ct_dropout_residual_norm(
        handle, bias.handle, residual.handle, weight.handle, offset.handle, epsilon, dropout))
  }
}
