import Fixtures
import Foundation
import Testing
import Torch

@Suite struct AutogradTests {
  @Test func `gradients add up until they are cleared`() {
    let x = Tensor([1, 2, 3] as [Float])
    x.requiresGradient = true
    (x * x).sum().backward()
    (x * x).sum().backward()
    #expect(x.gradient?.array() == [4, 8, 12] as [Float])
    x.clearGradient()
    #expect(x.gradient == nil)
  }

  @Test func `nothing is recorded without gradients`() {
    let x = Tensor([1] as [Float])
    x.requiresGradient = true
    #expect(!withoutGradients { (x * x).requiresGradient })
    #expect((x * x).requiresGradient)
    #expect(!(x * x).detached().requiresGradient)
  }

  @Test func `AdamW equals its equations over several steps`() {
    var generator = SystemSeed(11)
    let start = PlainMatrix.random(1, 8, &generator).values
    let target = PlainMatrix.random(1, 8, &generator).values
    let tensor = Tensor(start)
    tensor.requiresGradient = true
    let optimizer = AdamW([AdamW.Group("all", [("x", tensor)], learningRate: 0.05, weightDecay: 0.1)])
    var x = start.map(Double.init), m = [Double](repeating: 0, count: 8), v = m
    for step in 1...5 {
      optimizer.clearGradients()
      let difference = tensor - Tensor(target)
      (difference * difference).sum().backward()
      optimizer.step(rate: 0.5)
      for i in 0..<8 {
        let g = 2 * (x[i] - Double(target[i]))
        x[i] *= 1 - 0.025 * 0.1
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        x[i] -=
          0.025 * (m[i] / (1 - pow(0.9, Double(step))))
          / ((v[i] / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8)
      }
    }
    #expect(isClose(tensor.detached().array(), x.map(Float.init)))
  }

  @Test func `clipping scales all gradients to the joint norm`() {
    let a = Tensor([3] as [Float]), b = Tensor([4] as [Float])
    a.requiresGradient = true
    b.requiresGradient = true
    ((a * 3).sum() + (b * 4).sum()).backward()
    let optimizer = AdamW([AdamW.Group("all", [("a", a), ("b", b)], learningRate: 1, weightDecay: 0)])
    #expect(abs(optimizer.clipGradients(maximum: 1) - 5) < 1e-5)
    #expect(isClose(a.gradient!.array() + b.gradient!.array(), [0.6, 0.8]))
    #expect(abs(optimizer.clipGradients(maximum: 10) - 1) < 1e-4)
  }

  @Test func `the BiLSTM equals its equations and never sees a neighbour`() {
    RandomState.seed(2)
    var generator = SystemSeed(13)
    let lstm = BiLSTM(3, hiddenSize: 2)
    lstm.initialize()
    let weights = Dictionary(
      uniqueKeysWithValues: lstm.namedParameters().map { ($0.name, $0.parameter.wrappedValue.detached()) })
    let lengths = [2, 5, 1, 5]
    let sequences = lengths.map { PlainMatrix.random($0, 3, &generator) }
    let packed = Tensor(sequences.flatMap(\.values), shape: [lengths.reduce(0, +), 3])
    let found = withoutGradients { lstm(packed, lengths: lengths).array(Float.self) }

    func matrix(_ name: String) -> PlainMatrix {
      let t = weights[name]!
      return PlainMatrix(t.shape[0], t.shape.count > 1 ? t.shape[1] : 1, t.array())
    }
    func final(_ x: PlainMatrix, _ suffix: String) -> [Float] {
      let wi = matrix("weight_ih_l0" + suffix), wh = matrix("weight_hh_l0" + suffix)
      let bi = matrix("bias_ih_l0" + suffix).values, bh = matrix("bias_hh_l0" + suffix).values
      var h = [Float](repeating: 0, count: 2), c = h
      for step in suffix.isEmpty ? Array(0..<x.rows) : (0..<x.rows).reversed() {
        let a = wi.times(PlainMatrix(3, 1, x.row(step))).values, b = wh.times(PlainMatrix(2, 1, h)).values
        let gates = a.indices.map { a[$0] + b[$0] + bi[$0] + bh[$0] }
        for k in 0..<2 {
          c[k] = PlainMatrix.sigmoid(gates[2 + k]) * c[k] + PlainMatrix.sigmoid(gates[k]) * tanh(gates[4 + k])
          h[k] = PlainMatrix.sigmoid(gates[6 + k]) * tanh(c[k])
        }
      }
      return h
    }
    #expect(isClose(found, sequences.flatMap { final($0, "") + final($0, "_reverse") }, within: 1e-5))
  }
}
