import Foundation

/// Counts the multiplications and additions of matrix products as they are asked for, to check what a model
/// computes.
public enum OperationCounter {
  /// Its lock guards the value.
  private final class Sum: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0.0

    func add(_ more: Double) { lock.withLock { value += more } }
    var total: Double { lock.withLock { value } }
  }

  @TaskLocal private static var current: Sum?

  /// What forward passes in `body` multiply and add on this task; what a backward pass does is not counted.
  public static func count(_ body: () throws -> Void) rethrows -> Double {
    let sum = Sum()
    try $current.withValue(sum, operation: body)
    return sum.total
  }

  static func add(_ count: @autoclosure () -> Double) {
    if let current { current.add(count()) }
  }

  /// Products of queries with keys and of weights with values in sequences of these lengths (int64 `[B]`).
  static func addAttention(_ lengths: Tensor, queries: (Double) -> Double, hidden: Int) {
    add(lengths.array(Int64.self).reduce(0) { $0 + 4 * queries(Double($1)) * Double($1) * Double(hidden) })
  }
}
