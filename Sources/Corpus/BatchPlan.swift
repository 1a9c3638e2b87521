/// The batches of one epoch: examples of like length together, in a seeded order.
public struct BatchPlan: Sendable {
  /// Example indices of each batch, shortest first.
  public let batches: [[Int]]

  /// Shuffles, sorts pools of fifty batches by length, cuts them into batches, shuffles those.
  /// - Parameters:
  ///   - lengths: tokens of each example.
  ///   - seed: of the run; with `epoch` it fixes the order.
  public init(lengths: [Int], batchSize: Int, seed: UInt64, epoch: Int) {
    var generator = SeededGenerator(seed: seed &* 0x2545_F491_4F6C_DD1D &+ UInt64(epoch))
    let order = lengths.indices.shuffled(using: &generator)
    let pool = batchSize * 50
    var batches: [[Int]] = []
    for start in stride(from: 0, to: order.count, by: pool) {
      // Ties keep the shuffled order: by index, truncated texts would come out class by class.
      let sorted = order[start..<min(start + pool, order.count)].enumerated()
        .sorted { (lengths[$0.element], $0.offset) < (lengths[$1.element], $1.offset) }.map(\.element)
      for first in stride(from: 0, to: sorted.count, by: batchSize) {
        batches.append(Array(sorted[first..<min(first + batchSize, sorted.count)]))
      }
    }
    self.batches = batches.shuffled(using: &generator)
  }
}
