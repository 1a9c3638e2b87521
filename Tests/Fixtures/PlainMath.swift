import Foundation

/// Plain Swift arithmetic that tensor functions are compared with: slow and obvious.
public struct PlainMatrix: Sendable {
  public let rows: Int
  public let columns: Int
  public var values: [Float]

  public init(_ rows: Int, _ columns: Int, _ values: [Float]) {
    (self.rows, self.columns, self.values) = (rows, columns, values)
  }

  public static func random(_ rows: Int, _ columns: Int, _ generator: inout SystemSeed) -> PlainMatrix {
    PlainMatrix(rows, columns, (0..<rows * columns).map { _ in Float.random(in: -2...2, using: &generator) })
  }

  public subscript(_ row: Int, _ column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  public func row(_ index: Int) -> [Float] { Array(values[index * columns..<(index + 1) * columns]) }

  public var transposed: PlainMatrix {
    var out = PlainMatrix(columns, rows, [Float](repeating: 0, count: values.count))
    for i in 0..<rows { for j in 0..<columns { out[j, i] = self[i, j] } }
    return out
  }

  public func times(_ other: PlainMatrix) -> PlainMatrix {
    var out = PlainMatrix(rows, other.columns, [Float](repeating: 0, count: rows * other.columns))
    for i in 0..<rows {
      for j in 0..<other.columns { for k in 0..<columns { out[i, j] += self[i, k] * other[k, j] } }
    }
    return out
  }

  public func mapRows(_ body: ([Float]) -> [Float]) -> PlainMatrix {
    PlainMatrix(rows, columns, (0..<rows).flatMap { body(row($0)) })
  }

  public static func softmax(_ row: [Float]) -> [Float] {
    let top = row.max()!
    let e = row.map { exp($0 - top) }
    let sum = e.reduce(0, +)
    return e.map { $0 / sum }
  }

  public static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}

/// A seeded generator for tests.
public struct SystemSeed: RandomNumberGenerator, Sendable {
  private var state: UInt64
  public init(_ seed: UInt64) { state = seed | 1 }
  public mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

public func isClose(_ a: [Float], _ b: [Float], within tolerance: Float = 1e-4) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
