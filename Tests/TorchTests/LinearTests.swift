import Fixtures
import Testing
import Torch

@Suite struct LinearTests {
  private func layer(_ inputs: Int, _ outputs: Int) -> Linear {
    let layer = Linear(inputs, outputs)
    layer.initialize(deviation: 1)
    layer.bias.fillNormal(deviation: 1)
    return layer
  }

  /// Largest difference from `x Wᵀ + b` in float64 over the largest magnitude.
  private func error(_ y: Tensor, _ x: Tensor, _ layers: [Linear]) -> Double {
    let plain = Tensor.concatenated(
      layers.map { x.to(.float64).matmul($0.weight.to(.float64).transposed(0, 1)) + $0.bias.to(.float64) },
      along: 1)
    return (y.to(.float64) - plain).abs().max().item / plain.abs().max().item
  }

  @Test(arguments: [(DType.float32, 1e-5), (.bfloat16, 2e-2)])
  func `layers of any size equal the plain product, with and without gradients`(
    dtype: DType, tolerance: Double
  ) {
    RandomState.seed(8)
    for (rows, inputs, sizes) in [
      (1, 16, [16]), (7, 48, [80]), (100, 768, [64, 64, 64]), (49, 800, [16, 144]), (530, 400, [320, 336]),
      (3, 10, [3]),
      (5, 32, [2, 16]), (8, 1600, [16, 784]), (64, 48, [112]), (65, 48, [112]),
    ] {
      let layers = sizes.map { layer(inputs, $0) }
      let x = Tensor.normal([rows, inputs]).to(dtype)
      let comment: Comment = "\(rows) rows, \(inputs) to \(sizes)"
      #expect(error(Linear.joined(layers, x), x, layers) < tolerance, comment)
      withoutGradients {
        #expect(error(Linear.joined(layers, x), x, layers) < tolerance, comment)
      }
    }
  }

  @Test(arguments: [(DType.float32, 1e-5), (.bfloat16, 2e-2)])
  func `gradients of layers side by side equal the plain ones`(dtype: DType, tolerance: Double) {
    RandomState.seed(9)
    for (rows, inputs, sizes) in [
      (601, 416, [208, 320]), (9, 16, [16, 32]), (1, 1600, [784]), (64, 80, [48, 16, 112]), (65, 80, [48]),
      (8, 768, [3072]),
    ] {
      let layers = sizes.map { layer(inputs, $0) }
      let x = Tensor.normal([rows, inputs]).to(dtype)
      x.requiresGradient = true
      let slopes = Tensor.normal([rows, sizes.reduce(0, +)]).to(dtype)
      (Linear.joined(layers, x) * slopes).sum().backward()
      let plainX = x.detached().to(.float64)
      plainX.requiresGradient = true
      let twins = layers.map { [$0.weight, $0.bias].map { $0.detached().to(.float64) } }
      for twin in twins.joined() { twin.requiresGradient = true }
      let plain = Tensor.concatenated(twins.map { plainX.matmul($0[0].transposed(0, 1)) + $0[1] }, along: 1)
      (plain * slopes.to(.float64)).sum().backward()
      let pairs = zip(layers, twins).flatMap { [($0.weight, $1[0]), ($0.bias, $1[1])] } + [(x, plainX)]
      for (fast, plain) in pairs {
        let wanted = plain.gradient!
        #expect((fast.gradient!.to(.float64) - wanted).abs().max().item / wanted.abs().max().item < tolerance)
      }
    }
  }

  @Test(
    .enabled(if: Fused.isAvailable(.float32, on: .cpu, widths: []), "this processor has no fused operations"),
    arguments: [(DType.float32, 1e-5), (.bfloat16, 2e-2)])
  func `a feed-forward net equals the plain one in inference and in training, whatever came before`(
    dtype: DType, tolerance: Double
  ) {
    RandomState.seed(12)
    for (rows, hidden, inner) in [(1, 16, 16), (7, 48, 80), (100, 768, 192), (530, 320, 656)] {
      let (first, second) = (layer(hidden, inner), layer(inner, hidden))
      let x = Tensor.normal([rows, hidden]).to(dtype)
      func check() {
        let inside =
          x.to(.float64).matmul(first.weight.to(.float64).transposed(0, 1)) + first.bias.to(.float64)
        let wanted = inside.gelu().matmul(second.weight.to(.float64).transposed(0, 1))
        let found = Linear.feedForward(first, second, x)
        #expect(
          (found.to(.float64) - wanted).abs().max().item / wanted.abs().max().item < tolerance,
          "\(rows) rows, \(hidden), \(inner)")
      }
      withoutGradients { check() }
      check()
      first.weight.fillNormal(deviation: 1)
      withoutGradients { check() }
    }
  }

  @Test(
    .enabled(if: Fused.isAvailable(.float32, on: .cpu, widths: []), "this processor has no fused operations"))
  func `GELU after a packed product is exact over its whole range`() {
    // The second layer hands on what the first one's GELU gives.
    let size = 1600
    let (first, second) = (Linear(16, size), Linear(size, size))
    first.weight.fill(0)
    first.bias.copy(from: Tensor((-800...799).map { Float($0) / 50 }))
    second.weight.copy(
      from: Tensor((0..<size * size).map { $0 / size == $0 % size ? Float(1) : 0 }, shape: [size, size]))
    let error = withoutGradients {
      (Linear.feedForward(first, second, Tensor.zeros([1, 16])).to(.float64) - first.bias.to(.float64).gelu())
        .abs().max().item
    }
    #expect(error < 2e-6, "over -16…16")
  }

  @Test func `a packed weight is packed again when the weight changes`() {
    RandomState.seed(10)
    let layer = layer(32, 64)
    let x = Tensor.normal([5, 32])
    withoutGradients {
      #expect(error(layer(x), x, [layer]) < 1e-5)
      layer.weight.fillNormal(deviation: 1)
      #expect(error(layer(x), x, [layer]) < 1e-5)
    }
  }

  @Test(arguments: [DType.float32, .bfloat16])
  func `a layer kept for inference gives what it gave before`(dtype: DType) {
    RandomState.seed(11)
    for sides in [(32, 64), (10, 3)] {
      let layer = layer(sides.0, sides.1)
      let x = Tensor.normal([5, sides.0]).to(dtype)
      let before = withoutGradients { layer(x).array(Float.self) }
      layer.keepWeight(as: dtype)
      #expect(withoutGradients { layer(x).array(Float.self) } == before)
    }
  }
}
