/// The batches of one epoch: examples of like length together, in a seeded order.
///
/// The shuffled examples are cut into pools of fifty batches; within a pool they are sorted by length, cut
/// into batches, and the batches shuffled. So only one pool's lengths need be known at a time.
public struct BatchPlan: Sendable {
  private enum Order: Sendable {
    case listed([Int32])
    case drawn(SeededPermutation)
  }

  private let order: Order
  private let count: Int
  private let batchSize: Int
  private let seed: UInt64
  private let joinsLikeLengths: Bool
  private static let batchesPerPool = 50
  /// A longer list would take time and memory before the first step; the order of a shorter one is that of
  /// earlier versions.
  static let longestList = 1 << 20

  /// - Parameters:
  ///   - seed: of the run; with `epoch` it fixes the order.
  ///   - joinsLikeLengths: false leaves the examples as they were shuffled.
  public init(count: Int, batchSize: Int, seed: UInt64, epoch: Int, joinsLikeLengths: Bool = true) {
    self.joinsLikeLengths = joinsLikeLengths
    self.batchSize = batchSize
    self.count = count
    self.seed = seed &* 0x2545_F491_4F6C_DD1D &+ UInt64(epoch)
    var generator = SeededGenerator(seed: self.seed)
    order =
      count <= BatchPlan.longestList
      ? .listed((0..<Int32(count)).shuffled(using: &generator))
      : .drawn(SeededPermutation(count: count, seed: self.seed))
  }

  private var poolSize: Int { batchSize * BatchPlan.batchesPerPool }
  public var poolCount: Int { (count + poolSize - 1) / poolSize }
  public var batchCount: Int { (count + batchSize - 1) / batchSize }

  /// The examples of a pool.
  public func pool(_ index: Int) -> [Int] {
    let places = index * poolSize..<min((index + 1) * poolSize, count)
    return switch order {
    case .listed(let list): list[places].map(Int.init)
    case .drawn(let permutation): places.map { permutation[$0] }
    }
  }

  /// The batches of a pool, as places in it, each with its shortest example first.
  /// - Parameter lengths: tokens of the pool's examples.
  public func batches(inPool index: Int, lengths: [Int]) -> [[Int]] {
    // Ties keep the shuffled order: by example, truncated texts would come out class by class.
    let sorted =
      joinsLikeLengths
      ? lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) } : Array(lengths.indices)
    var generator = SeededGenerator(seed: seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15)
    return stride(from: 0, to: sorted.count, by: batchSize)
      .map { Array(sorted[$0..<min($0 + batchSize, sorted.count)]) }
      .shuffled(using: &generator)
  }

  /// All batches, as examples, where every length is known.
  public func batches(lengths: [Int]) -> [[Int]] {
    (0..<poolCount).flatMap { index -> [[Int]] in
      let pool = pool(index)
      return batches(inPool: index, lengths: pool.map { lengths[$0] }).map { $0.map { pool[$0] } }
    }
  }
}
