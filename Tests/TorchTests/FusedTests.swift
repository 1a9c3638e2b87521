import Fixtures
import Testing
import Torch

/// Every fused operation against the plain graph in float64: values, and gradients of all its inputs.
@Suite(
  .enabled(if: Fused.isAvailable(.float32, on: .cpu, widths: []), "this processor has no fused operations"))
struct FusedTests {
  private static let tolerance: [DType: Double] = [.float32: 1e-5, .bfloat16: 2e-2]

  /// Largest difference over the largest magnitude.
  private func distance(_ a: Tensor, _ b: Tensor) -> Double {
    let wanted = b.to(.float64)
    return (a.to(.float64) - wanted).abs().max().item / wanted.abs().max().item
  }

  private func parameter(_ shape: [Int], _ dtype: DType = .float32) -> Tensor {
    let tensor = Tensor.normal(shape).to(dtype)
    tensor.requiresGradient = true
    return tensor
  }

  /// The same elements in float64, with a gradient of their own.
  private func twin(_ tensor: Tensor) -> Tensor {
    let tensor = tensor.detached().to(.float64)
    tensor.requiresGradient = true
    return tensor
  }

  private func expectEqual(
    _ fused: Tensor, _ plain: Tensor, _ inputs: [(Tensor, Tensor)], _ dtype: DType, _ comment: Comment
  ) {
    let limit = Self.tolerance[dtype]!
    #expect(distance(fused, plain) < limit, comment)
    let slopes = Tensor.normal(plain.shape).to(dtype).to(.float64)
    (fused.to(.float64) * slopes).sum().backward()
    (plain * slopes).sum().backward()
    for (index, pair) in inputs.enumerated() {
      #expect(distance(pair.0.gradient!.dense, pair.1.gradient!) < limit, "\(comment), input \(index)")
    }
  }

  /// softmax(q kᵀ / √D) v with a given mask on the probabilities, `[L,3H]` → `[L,H]`
  private func attention(_ qkv: Tensor, heads: Int, masks: [Tensor]?) -> Tensor {
    let hidden = qkv.shape[1] / 3
    let size = hidden / heads
    let parts = (0..<heads).map { head -> Tensor in
      let (q, k, v) = (0..<3).map { qkv.narrowed(1, from: $0 * hidden + head * size, count: size) }.tuple
      let weights = (q * (1 / Double(size).squareRoot())).matmul(k.transposed(0, 1)).softmax()
      return (masks.map { weights * $0[head] } ?? weights).matmul(v)
    }
    return .concatenated(parts, along: 1)
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `packed attention equals the plain one`(dtype: DType) {
    RandomState.seed(7)
    for (lengths, heads, size) in [
      ([1, 5, 16], 2, 16), ([47, 48, 49], 3, 32), ([130, 2, 97], 2, 64), ([33], 1, 128),
    ] {
      let tokens = lengths.reduce(0, +)
      let qkv = parameter([tokens, 3 * heads * size], dtype)
      let reference = twin(qkv)
      let fused = qkv.packedAttention(lengths: Tensor(lengths.map(Int64.init)), heads: heads, dropout: 0)
      let plain = Tensor.concatenated(
        reference.split(lengths).map { attention($0, heads: heads, masks: nil) })
      expectEqual(fused, plain, [(qkv, reference)], dtype, "lengths \(lengths), \(heads) heads of \(size)")
    }
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `attention with dropout equals the plain one with the same mask`(dtype: DType) {
    let (heads, size, length) = (2, 64, 61)
    let lengths = Tensor([Int64(length)])
    RandomState.seed(3)
    let qkv = parameter([length, 3 * heads * size], dtype)
    // With the unit matrix for values the output is the masked probabilities themselves.
    let unit = Tensor(
      (0..<length * size).map { $0 / size == $0 % size ? Float(1) : 0 }, shape: [length, size]
    ).to(dtype)
    let probe = Tensor.concatenated(
      [qkv.detached().narrowed(1, from: 0, count: 2 * heads * size), unit, unit], along: 1)
    RandomState.seed(11)
    let masked = probe.packedAttention(lengths: lengths, heads: heads, dropout: 0.25)
    let masks = (0..<heads).map { head -> Tensor in
      let row = masked.narrowed(1, from: head * size, count: length).to(.float64)
      return Tensor(
        row.contiguous().array(Double.self).map { $0 == 0 ? 0 : 1 / 0.75 }, shape: [length, length])
    }
    let dropped = masks.map { $0.equals(Tensor.zeros([], dtype: .float64)).to(.float64).mean().item }
    for share in dropped { #expect(abs(share - 0.25) < 0.03) }
    #expect((masks[0] - masks[1]).abs().max().item > 0, "heads draw masks of their own")
    RandomState.seed(11)
    let reference = twin(qkv)
    let fused = qkv.packedAttention(lengths: lengths, heads: heads, dropout: 0.25)
    expectEqual(fused, attention(reference, heads: heads, masks: masks), [(qkv, reference)], dtype, "dropout")
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `attention of the first token equals the plain one`(dtype: DType) {
    RandomState.seed(5)
    let (heads, size) = (3, 32)
    let hidden = heads * size
    let lengths = [1, 40, 7]
    let (query, keysValues) = (
      parameter([lengths.count, hidden], dtype), parameter([48, 2 * hidden], dtype)
    )
    let (plainQuery, plainKeys) = (twin(query), twin(keysValues))
    let fused = query.firstAttention(
      keysValues, lengths: Tensor(lengths.map(Int64.init)), heads: heads, dropout: 0)
    let rows = zip(plainKeys.split(lengths), plainQuery.split([1, 1, 1])).map { keys, query -> Tensor in
      let zeros = Tensor.zeros([keys.shape[0] - 1, hidden], dtype: .float64)
      let queries = Tensor.concatenated([query, zeros])
      return attention(.concatenated([queries, keys], along: 1), heads: heads, masks: nil).narrowed(
        0, from: 0, count: 1)
    }
    expectEqual(
      fused, .concatenated(rows), [(query, plainQuery), (keysValues, plainKeys)], dtype, "first token")
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `attention of the first token drops probabilities out`(dtype: DType) {
    // Equal scores and the unit matrix for values: each output is a kept probability or 0.
    let length = 64
    let unit = Tensor(
      (0..<length * length).map { $0 / length == $0 % length ? Float(1) : 0 }, shape: [length, length])
    let keysValues = Tensor.concatenated([Tensor.zeros([length, length]), unit], along: 1).to(dtype)
    keysValues.requiresGradient = true
    RandomState.seed(2)
    let query = Tensor.normal([1, length]).to(dtype)
    let out = query.firstAttention(keysValues, lengths: Tensor([Int64(length)]), heads: 1, dropout: 0.5)
    let kept = out.array(Float.self)
    #expect(kept.allSatisfy { $0 == 0 || abs($0 - 2 / 64) < 1e-4 })
    #expect((16...48).contains(kept.filter { $0 > 0 }.count))
    out.sum().backward()
    let slopes = keysValues.gradient!.narrowed(1, from: length, count: 1).contiguous().array(Float.self)
    #expect(zip(slopes, kept).allSatisfy { ($0 > 0) == ($1 > 0) }, "both passes use the same mask")
  }

  @Test(arguments: [DType.float32, .bfloat16], [(512, 256), (256, 512)])
  func `a large linear layer equals the plain one`(dtype: DType, sides: (Int, Int)) {
    RandomState.seed(6)
    let (inputs, outputs) = sides
    let (x, weight, bias) = (
      parameter([600, inputs], dtype), parameter([outputs, inputs], dtype), parameter([outputs], dtype)
    )
    let (plainX, plainWeight, plainBias) = (twin(x), twin(weight), twin(bias))
    expectEqual(
      x.linear(weight, bias), plainX.matmul(plainWeight.transposed(0, 1)) + plainBias,
      [(x, plainX), (weight, plainWeight), (bias, plainBias)], dtype, "linear")
    let frozen = x.detached()
    weight.clearGradient()
    frozen.linear(weight, nil).sum().backward()
    #expect(frozen.gradient == nil)
    #expect(weight.gradient != nil)
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `embeddings in one equal the plain ones`(dtype: DType) {
    let width = 48
    let (words, positions, types) = (Embedding(30, width), Embedding(9, width), Embedding(2, width))
    let norm = LayerNorm(width, epsilon: 1e-12)
    RandomState.seed(12)
    let tables = [words.weight, positions.weight, types.weight, norm.weight, norm.bias]
    for tensor in tables { tensor.fillNormal(deviation: 1) }
    let ids = Tensor([3, 29, 3, 0, 7, 3, 11] as [Int64]), places = Tensor([0, 1, 2, 0, 1, 2, 8] as [Int64])
    func fused(_ dropout: Double) -> Tensor {
      .embedded(
        words: words, positions: positions, types: types, norm: norm, ids: ids, places: places, dtype: dtype,
        dropout: dropout)
    }
    for hasRowGradients in [false, true] {
      words.hasRowGradients = hasRowGradients
      for tensor in tables { tensor.clearGradient() }
      let twins = tables.map(twin)
      // What dropout kept shows in the fused result, and the same seed keeps the same again.
      RandomState.seed(13)
      let mask = Tensor(fused(0.25).array(Double.self).map { $0 == 0 ? 0 : 1 / 0.75 }, shape: [7, width])
      #expect(abs(mask.mean().item - 1) < 0.1)
      RandomState.seed(13)
      let sum = twins[0].rows(ids) + twins[1].rows(places) + twins[2].narrowed(0, from: 0, count: 1)
      expectEqual(
        fused(0.25), sum.layerNorm(twins[3], twins[4], epsilon: 1e-12) * mask, Array(zip(tables, twins)),
        dtype,
        "embeddings, row gradients \(hasRowGradients)")
    }
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `a feed-forward net in one equals the plain one`(dtype: DType) {
    // The smaller goes to libtorch's own products, the larger has an odd number of rows for pairs of
    // bfloat16.
    for (rows, hidden, inner) in [(37, 48, 80), (601, 208, 592)] {
      RandomState.seed(1)
      let x = parameter([rows, hidden], dtype)
      let (first, bias, second) = (
        parameter([inner, hidden]), parameter([inner]), parameter([hidden, inner])
      )
      let (plainX, plainFirst, plainBias, plainSecond) = (twin(x), twin(first), twin(bias), twin(second))
      expectEqual(
        x.feedForward(inner: first, bias: bias, outer: second),
        (plainX.matmul(plainFirst.transposed(0, 1)) + plainBias).gelu().matmul(plainSecond.transposed(0, 1)),
        [(x, plainX), (first, plainFirst), (bias, plainBias), (second, plainSecond)], dtype,
        "feed-forward of \(rows) rows")
    }
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `dropout, residual and LayerNorm in one equal the plain ones`(dtype: DType) {
    let (rows, width) = (29, 80)
    let ones = Tensor.full(1, [width])
    let zeros = Tensor.zeros([width])
    RandomState.seed(9)
    // Ones go in: what comes out above the mean was kept.
    let kept = Tensor.full(1, [rows, width]).residualNorm(
      bias: zeros, residual: Tensor.zeros([rows, width]), weight: ones, offset: zeros, epsilon: 1e-12,
      dropout: 0.3)
    let mask = Tensor(kept.array(Double.self).map { $0 > 0 ? 1 / 0.7 : 0 }, shape: [rows, width])
    #expect(abs(mask.mean().item - 1) < 0.06)
    RandomState.seed(20)
    let inputs = [
      parameter([rows, width], dtype), parameter([width]), parameter([rows, width], dtype),
      parameter([width]), parameter([width]),
    ]
    let twins = inputs.map(twin)
    RandomState.seed(9)
    let fused = inputs[0].residualNorm(
      bias: inputs[1], residual: inputs[2], weight: inputs[3], offset: inputs[4], epsilon: 1e-12, dropout: 0.3
    )
    let plain = (twins[2] + (twins[0] + twins[1]) * mask).layerNorm(twins[3], twins[4], epsilon: 1e-12)
    expectEqual(fused, plain, Array(zip(inputs, twins)), dtype, "norm")
  }
}

extension FusedTests {
  @Test func `the BiLSTM equals libtorch's, which runs in float64`() {
    RandomState.seed(4)
    for (lengths, width, hidden) in [
      ([1], 24, 32), ([3, 1, 7], 24, 32), ([5, 5, 5, 2, 9, 1, 1, 30], 24, 32), ([300, 212], 272, 128),
    ] {
      let lstm = BiLSTM(width, hiddenSize: hidden)
      lstm.initialize()
      let x = parameter([lengths.reduce(0, +), width])
      let plainX = twin(x)
      let fused = lstm(x, lengths: lengths)
      let slopes = Tensor.normal(fused.shape)
      (fused * slopes).sum().backward()
      let parameters = lstm.namedParameters().map(\.parameter.wrappedValue)
      let found = parameters.map { $0.gradient!.clone() }
      for parameter in parameters { parameter.clearGradient() }
      let plain = lstm(plainX, lengths: lengths)
      (plain * slopes.to(.float64)).sum().backward()
      #expect(distance(fused, plain) < 1e-5)
      #expect(distance(x.gradient!, plainX.gradient!) < 1e-5)
      for (fused, parameter) in zip(found, parameters) where parameter.gradient!.abs().max().item > 0 {
        #expect(distance(fused, parameter.gradient!) < 1e-5)
      }
    }
  }
}

extension [Tensor] {
  fileprivate var tuple: (Tensor, Tensor, Tensor) { (self[0], self[1], self[2]) }
}

@Suite struct DerivedTests {
  @Test func `what is derived is kept between batches and made again when a parameter changes`() {
    let derived = Derived()
    var made = 0
    func value(_ parameters: [Tensor], _ dtype: DType) -> [Float] {
      withoutGradients {
        derived(parameters, as: dtype) {
          made += 1
          return Tensor.concatenated(parameters).to(dtype)
        }.array(Float.self)
      }
    }
    let (a, b) = (Tensor([1, 2] as [Float]), Tensor([3] as [Float]))
    #expect(value([a, b], .float32) == [1, 2, 3] && value([a, b], .float32) == [1, 2, 3] && made == 1)
    #expect(value([a, b], .bfloat16) == [1, 2, 3] && made == 2)
    a.copy(from: Tensor([5, 6] as [Float]))
    #expect(value([a, b], .bfloat16) == [5, 6, 3] && made == 3)
    #expect(value([Tensor([7] as [Float]), b], .bfloat16) == [7, 3] && made == 4)
    // An optimiser's step is a change too.
    a.requiresGradient = true
    #expect(value([a], .float32) == [5, 6])
    a.sum().backward()
    AdamW([AdamW.Group("all", [("a", a)], learningRate: 1, weightDecay: 0)]).step()
    #expect(value([a], .float32).map { $0.rounded() } == [4, 5] && made == 6)
  }
}
