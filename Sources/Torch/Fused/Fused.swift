import CTorch

/// Several of BERT's steps in one pass over memory, on processors that have AVX-512 with bfloat16.
///
/// Each equals the plain operations that it stands for within rounding; what is dropped out is drawn from a
/// hash of one random seed instead of an element at a time.
public enum Fused {
  @TaskLocal private static var isTaken = true

  /// False inside ``disabled(_:)``.
  static var isEnabled: Bool { isTaken }

  /// Takes the plain path in all that `body` does on this task: for comparing the two.
  public static func disabled<R>(_ body: () throws -> R) rethrows -> R {
    try $isTaken.withValue(false, operation: body)
  }

  /// - Parameter widths: the row lengths that the operations would work on.
  public static func isAvailable(_ dtype: DType, on device: Device, widths: [Int]) -> Bool {
    isEnabled && device == .cpu && ct_has_kernels(dtype.rawValue) && widths.allSatisfy { $0 % 16 == 0 }
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
    longestQuery: Int, longest: Int, heads: Int, dropout: Double
  ) -> Tensor {
    let parts = [queries, keys, values].map { $0.reshaped([$0.shape[0], heads, -1]) }
    let sequences = ct_sequences(
      query_offsets: queryOffsets.handle, offsets: offsets.handle, longest_query: Int64(longestQuery),
      longest: Int64(longest))
    return made(
      ct_varlen_attention(parts[0].handle, parts[1].handle, parts[2].handle, sequences, dropout))
  }

  /// Attention of one query per sequence, `[B,H]`, to its keys and values `[T,2H]` → `[B,H]`.
  public func firstAttention(_ keysValues: Tensor, lengths: Tensor, heads: Int, dropout: Double) -> Tensor {
    OperationCounter.addAttention(lengths, queries: { _ in 1 }, hidden: shape[1])
    return made(ct_first_attention(handle, keysValues.handle, lengths.handle, Int64(heads), dropout))
  }

  /// `dropout(LayerNorm(words[ids] + positions[places] + types[0]))` of `T` tokens → `[T,H]` in the given
  /// type.
  public static func embedded(
    words: Embedding, positions: Embedding, types: Embedding, norm: LayerNorm, ids: Tensor, places: Tensor,
    dtype: DType, dropout: Double
  ) -> Tensor {
    let inputs = ct_embed_inputs(
      words: words.weight.handle, positions: positions.weight.handle, types: types.weight.handle,
      gain: norm.weight.handle, offset: norm.bias.handle, ids: ids.handle, position_ids: places.handle)
    let settings = ct_embed_settings(
      epsilon: norm.epsilon, dropout: dropout, dtype: dtype.rawValue, row_gradients: words.hasRowGradients)
    return made(ct_embed(inputs, settings))
  }

  /// `gelu(x W₁ᵀ + b₁) W₂ᵀ`: `[T,H]` → `[T,H]`; the second layer's bias goes to
  /// ``residualNorm(bias:residual:weight:offset:epsilon:dropout:)``.
  /// - Parameters:
  ///   - inner: float32 `[I,H]`
  ///   - bias: float32 `[I]`
  ///   - outer: float32 `[H,I]`
  public func feedForward(inner: Tensor, bias: Tensor, outer: Tensor) -> Tensor {
    OperationCounter.add(2 * Double(count) * Double(inner.shape[0]) + 2 * Double(shape[0] * outer.count))
    return made(
      ct_feed_forward(handle, inner.handle, bias.handle, outer.handle, ProductPolicy.limits(dtype)))
  }

  /// `LayerNorm(residual + dropout(x + bias))` of rows `[T,H]`; bias and the norm's weights are float32.
  public func residualNorm(
    bias: Tensor, residual: Tensor, weight: Tensor, offset: Tensor, epsilon: Double, dropout: Double
  ) -> Tensor {
    made(
      ct_residual_norm(
        handle, bias.handle, residual.handle, weight.handle, offset.handle, epsilon, dropout))
  }
}
