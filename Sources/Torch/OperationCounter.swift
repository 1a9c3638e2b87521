/// Counts the multiplications and additions of matrix products as they are asked for, to check what a model computes.
public enum OperationCounter {
  nonisolated(unsafe) private static var operations: Double?

  /// What forward passes in `body` multiply and add; what a backward pass does is not counted.
  public static func count(_ body: () throws -> Void) rethrows -> Double {
    operations = 0
    defer { operations = nil }
    try body()
    return operations ?? 0
  }

  static func add(_ count: @autoclosure () -> Double) {
    if let sum = operations { operations = sum + count() }
  }

  /// Products of queries with keys and of weights with values in sequences of these lengths (int64 `[B]`).
  static func addAttention(_ lengths: Tensor, queries: (Double) -> Double, hidden: Int) {
    add(lengths.array(Int64.self).reduce(0) { $0 + 4 * queries(Double($1)) * Double($1) * Double(hidden) })
  }
}
