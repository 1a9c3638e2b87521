import Files
import Fixtures
import Foundation
import Testing
import Torch

@Suite struct TensorTests {
  /// Twenty seeded shapes for a comparison with plain Swift.
  private func shapes(_ body: (Int, Int, inout SystemSeed) throws -> Void) rethrows {
    var generator = SystemSeed(7)
    for _ in 0..<20 {
      let rows = Int.random(in: 1...9, using: &generator), columns = Int.random(in: 1...9, using: &generator)
      try body(rows, columns, &generator)
    }
  }

  private func tensor(_ m: PlainMatrix) -> Tensor { Tensor(m.values, shape: [m.rows, m.columns]) }

  @Test func `elementwise functions equal plain Swift`() {
    let functions: [((Tensor) -> Tensor, (Float) -> Float)] = [
      ({ $0.exp() }, { exp($0) }), ({ $0.abs() }, { abs($0) }), ({ $0.tanh() }, { tanh($0) }),
      ({ $0.relu() }, { max(0, $0) }), ({ $0 * 3 }, { $0 * 3 }),
      ({ $0 + 0.5 }, { $0 + 0.5 }), ({ ($0 * $0 + 1).log() }, { log($0 * $0 + 1) }),
      ({ ($0 * $0).squareRoot() }, { abs($0) }),
      ({ $0.gelu() }, { 0.5 * $0 * (1 + erf($0 / Float(2).squareRoot())) }),
      (
        { $0.gelu(tanhApproximation: true) },
        { 0.5 * $0 * (1 + tanh(0.7978845608 * ($0 + 0.044715 * $0 * $0 * $0))) }
      ),
    ]
    shapes { rows, columns, generator in
      let m = PlainMatrix.random(rows, columns, &generator)
      for (torch, plain) in functions { #expect(isClose(torch(tensor(m)).array(), m.values.map(plain))) }
    }
  }

  @Test func `two-operand arithmetic equals plain Swift`() {
    shapes { rows, columns, generator in
      let a = PlainMatrix.random(rows, columns, &generator), b = PlainMatrix.random(rows, columns, &generator)
      #expect(isClose((tensor(a) + tensor(b)).array(), zip(a.values, b.values).map { $0 + $1 }))
      #expect(isClose((tensor(a) - tensor(b)).array(), zip(a.values, b.values).map { $0 - $1 }))
      #expect(isClose((tensor(a) * tensor(b)).array(), zip(a.values, b.values).map { $0 * $1 }))
      #expect(
        isClose(
          (tensor(a) / (tensor(b) * tensor(b) + 1)).array(),
          zip(a.values, b.values).map { $0 / ($1 * $1 + 1) }))
      #expect(tensor(a).equals(tensor(a)).array(Bool.self).allSatisfy { $0 })
    }
  }

  @Test func `products, sums and choices equal plain Swift`() {
    shapes { rows, columns, generator in
      let a = PlainMatrix.random(rows, columns, &generator), b = PlainMatrix.random(columns, 5, &generator)
      #expect(isClose(tensor(a).matmul(tensor(b)).array(), a.times(b).values))
      #expect(isClose([Float(tensor(a).sum().item)], [a.values.reduce(0, +)]))
      #expect(isClose([Float(tensor(a).mean().item)], [a.values.reduce(0, +) / Float(a.values.count)]))
      #expect(isClose(tensor(a).sum(along: 1).array(), (0..<rows).map { a.row($0).reduce(0, +) }))
      #expect(tensor(a).max().item == Double(a.values.max()!))
      #expect(isClose(tensor(a).softmax().array(), a.mapRows(PlainMatrix.softmax).values))
    }
  }

  @Test func `shapes are changed as their names say`() {
    shapes { rows, columns, generator in
      let m = PlainMatrix.random(rows, columns, &generator)
      let t = tensor(m)
      #expect(t.transposed(0, 1).array() == m.transposed.values)
      #expect(t.reshaped([-1]).shape == [rows * columns])
      #expect(t.narrowed(0, from: rows - 1, count: 1).array() == m.row(rows - 1))
      #expect(t.selected(Tensor([Int64(rows - 1), 0])).array() == m.row(rows - 1) + m.row(0))
      #expect(Tensor.concatenated([t, t]).array() == m.values + m.values)
      #expect(t.split([1, rows - 1].filter { $0 > 0 }).flatMap { $0.array(Float.self) } == m.values)
      #expect(
        Tensor.zeros([rows, columns]).replacing(Tensor([Int64(0)]), with: t.narrowed(0, from: 0, count: 1))
          .array(Float.self).prefix(
            columns) == m.row(0)[...])
      #expect(t.rows(Tensor([Int64(0)])).array() == m.row(0))
    }
  }

  @Test func `layers equal plain Swift`() {
    shapes { rows, columns, generator in
      let x = PlainMatrix.random(rows, columns, &generator), w = PlainMatrix.random(4, columns, &generator)
      let bias = PlainMatrix.random(1, 4, &generator)
      let product = x.times(w.transposed).mapRows { zip($0, bias.values).map(+) }
      #expect(isClose(tensor(x).linear(tensor(w), Tensor(bias.values)).array(), product.values))
      let scale = PlainMatrix.random(1, columns, &generator),
        shift = PlainMatrix.random(1, columns, &generator)
      let normal = x.mapRows { row in
        let mean = row.reduce(0, +) / Float(row.count)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(row.count)
        return row.indices.map {
          (row[$0] - mean) / (variance + 1e-5).squareRoot() * scale.values[$0] + shift.values[$0]
        }
      }
      #expect(
        isClose(
          tensor(x).layerNorm(Tensor(scale.values), Tensor(shift.values), epsilon: 1e-5).array(),
          normal.values, within: 1e-3))
      let targets = (0..<rows).map { _ in Int64.random(in: 0..<Int64(columns), using: &generator) }
      let losses = (0..<rows).map { -log(PlainMatrix.softmax(x.row($0))[Int(targets[$0])]) }
      #expect(
        isClose([Float(tensor(x).crossEntropy(Tensor(targets)).item)], [losses.reduce(0, +) / Float(rows)]))
      let q = tensor(x).reshaped([1, 1, rows, columns])
      let scores = x.times(x.transposed).mapRows {
        PlainMatrix.softmax($0.map { $0 / Float(columns).squareRoot() })
      }
      #expect(isClose(Tensor.attention(q, q, q).array(), scores.times(x).values))
    }
  }

  @Test func `dropout zeroes its share in training and nothing otherwise`() {
    RandomState.seed(3)
    let ones = Tensor.full(1, [10_000])
    let dropped = ones.dropout(0.2, training: true).array(Float.self)
    let zeros = dropped.count { $0 == 0 }
    #expect((1800...2200).contains(zeros))
    #expect(dropped.allSatisfy { $0 == 0 || abs($0 - 1.25) < 1e-6 })
    #expect(ones.dropout(0.2, training: false).array(Float.self).allSatisfy { $0 == 1 })
  }

  @Test func `types convert and keep their values`() {
    let t = Tensor([1.5, -2, 3] as [Float])
    for type in [DType.float16, .bfloat16, .float64] {
      #expect(t.to(type).to(.float32).array() == [1.5, -2, 3] as [Float])
    }
    #expect(t.to(.int64).array() == [1, -2, 3] as [Int64])
    #expect(Tensor([Int64]()).array(Int64.self).isEmpty)
  }

  @Test func `the generator's state is saved and restored`() throws {
    RandomState.seed(5)
    let state = RandomState.save()
    let first = Tensor.normal([6]).array(Float.self)
    #expect(Tensor.normal([6]).array(Float.self) != first)
    try RandomState.restore(state)
    #expect(Tensor.normal([6]).array(Float.self) == first)
    #expect(throws: FathomError.self) { try RandomState.restore(Tensor([1, 2] as [Float])) }
  }

  @Test func `an unknown device is an error that names the choices`() {
    #expect(throws: FathomError.self) { try Device("gpu") }
    #expect(throws: FathomError.self) { try Device("cuda:99") }
  }

  @Test func `a million tensors come and go without growing the process`() throws {
    func residentBytes() throws -> Int {
      let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
      return Int(fields[1])! * 4096
    }
    let base = Tensor.full(1, [16])
    for _ in 0..<10_000 { _ = base + base }
    #if os(Linux)
      let before = try residentBytes()
      for _ in 0..<1_000_000 { _ = base + base }
      #expect(try residentBytes() - before < 16 << 20)
    #endif
  }
}
