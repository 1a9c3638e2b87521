import Torch

/// One way to compute attention. All give the same within rounding; which one is a matter of the processor,
/// the type, and whether the probabilities are looked at.
protocol AttentionKernel {
  /// Every token attends to its own sequence: `[T,H]` → `[T,H]`.
  func tokens(_ layer: SelfAttention, _ x: Tensor, _ batch: PackedTokens, dropout: Double) -> Tensor

  /// The first token of each sequence alone attends to it: `[B,H]` and `[T,H]` → `[B,H]`. Keys and values are
  /// all that is computed of the other tokens.
  func firstTokens(
    _ layer: SelfAttention, _ first: Tensor, _ x: Tensor, _ batch: PackedTokens, dropout: Double
  ) -> Tensor
}

/// The fused operation on the CPU, over sequences laid end to end.
struct PackedAttentionKernel: AttentionKernel {
  func tokens(_ layer: SelfAttention, _ x: Tensor, _ batch: PackedTokens, dropout: Double) -> Tensor {
    Linear.joined([layer.query, layer.key, layer.value], x)  // [T,3H]
      .packedAttention(lengths: batch.sizes, heads: layer.headCount, dropout: dropout)
  }

  func firstTokens(
    _ layer: SelfAttention, _ first: Tensor, _ x: Tensor, _ batch: PackedTokens, dropout: Double
  ) -> Tensor {
    let keysValues = Linear.joined([layer.key, layer.value], x)  // [T,2H]
    return layer.query(first)
      .firstAttention(keysValues, lengths: batch.sizes, heads: layer.headCount, dropout: dropout)
  }
}

/// FlashAttention over sequences of different lengths, on CUDA in bfloat16.
struct FlashAttentionKernel: AttentionKernel {
  func tokens(_ layer: SelfAttention, _ x: Tensor, _ batch: PackedTokens, dropout: Double) -> Tensor {
    let parts = split(Linear.joined([layer.query, layer.key, layer.value], x), into: 3)
    let longest = longest(layer, batch)
    return .flashAttention(
      parts[0], parts[1], parts[2], queryOffsets: batch.offsets, offsets: batch.offsets,
      longestQuery: longest, longest: longest, heads: layer.headCount, dropout: dropout)
  }

  func firstTokens(
    _ layer: SelfAttention, _ first: Tensor, _ x: Tensor, _ batch: PackedTokens, dropout: Double
  ) -> Tensor {
    let parts = split(Linear.joined([layer.key, layer.value], x), into: 2)
    return .flashAttention(
      layer.query(first), parts[0], parts[1], queryOffsets: batch.queryOffsets, offsets: batch.offsets,
      longestQuery: 1, longest: longest(layer, batch), heads: layer.headCount, dropout: dropout)
  }

  /// A bound that is the same for many batches, since a recorded graph holds it; the kernel leaves early
  /// where it is too high.
  private func longest(_ layer: SelfAttention, _ batch: PackedTokens) -> Int {
    min(layer.maximumPositions, batch.tokenCount)
  }

  private func split(_ x: Tensor, into count: Int) -> [Tensor] {
    x.split([Int](repeating: x.shape[1] / count, count: count), along: 1)
  }
}

/// libtorch's own operations, anywhere: neighbouring sequences of the same length at once.
struct PlainAttentionKernel: AttentionKernel {
  /// Called with the probabilities `[n,N,L,L]` of each run of sequences, when they are wanted.
  var probabilities: ((Tensor) -> Void)?

  func tokens(_ layer: SelfAttention, _ x: Tensor, _ batch: PackedTokens, dropout: Double) -> Tensor {
    attend(layer, layer.query(x).split(batch.runSizes), x, batch, dropout)
  }

  func firstTokens(
    _ layer: SelfAttention, _ first: Tensor, _ x: Tensor, _ batch: PackedTokens, dropout: Double
  ) -> Tensor {
    attend(layer, layer.query(first).split(batch.runs.map(\.count)), x, batch, dropout)
  }

  /// - Parameter queries: those of each run, `[n·M,H]` with M queries for each sequence.
  private func attend(
    _ layer: SelfAttention, _ queries: [Tensor], _ x: Tensor, _ batch: PackedTokens, _ dropout: Double
  ) -> Tensor {
    let keys = layer.key(x).split(batch.runSizes)
    let values = layer.value(x).split(batch.runSizes)
    let contexts = batch.runs.indices.map { index -> Tensor in
      let run = batch.runs[index]
      func heads(_ part: Tensor) -> Tensor {  // [n,N,L,D]
        part.reshaped([run.count, -1, layer.headCount, layer.headSize]).transposed(1, 2)
      }
      func attended(_ part: Tensor) -> Tensor { heads(part).narrowed(2, from: 0, count: run.attended) }
      let context = attend(
        heads(queries[index]), attended(keys[index]), attended(values[index]), dropout: dropout)
      return context.transposed(1, 2).reshaped([-1, layer.headCount * layer.headSize])
    }
    return Tensor.concatenated(contexts)
  }

  /// `softmax(Q Kᵀ / √D) V`: `[n,N,M,D]`, `[n,N,L,D]`, `[n,N,L,D]` → `[n,N,M,D]`
  private func attend(_ q: Tensor, _ k: Tensor, _ v: Tensor, dropout: Double) -> Tensor {
    if probabilities == nil, dropout == 0 { return Tensor.attention(q, k, v) }
    let scale = 1 / Double(q.shape[3]).squareRoot()
    let weights = (q * scale).matmul(k.transposed(2, 3)).softmax()  // [n,N,M,L]
    probabilities?(weights)
    return weights.dropout(dropout, training: dropout > 0).matmul(v)
  }
}
