/// A seeded order of 0..<count of which any place is worked out by itself, without memory.
/// - Source: Luby and Rackoff 1988, "How to construct pseudorandom permutations from pseudorandom functions",
///   and Black and Rogaway
///   2002, "Ciphers with arbitrary finite domains", for counts between powers of 4.
struct SeededPermutation: Sendable {
  let count: Int
  private let halfBits: UInt64
  private let keys: [UInt64]

  init(count: Int, seed: UInt64) {
    self.count = count
    var bits: UInt64 = 1
    while count > 1 << (2 * bits) { bits += 1 }
    halfBits = bits
    var generator = SeededGenerator(seed: seed)
    keys = (0..<6).map { _ in generator.next() }
  }

  /// - Precondition: `place` lies in 0..<count.
  subscript(place: Int) -> Int {
    precondition(place >= 0 && place < count, "place \(place) of \(count)")
    var value = UInt64(place)
    // The rounds permute a power of 4; what they send outside is sent on until it comes back.
    repeat { value = sent(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func sent(_ value: UInt64) -> UInt64 {
    let mask: UInt64 = 1 << halfBits - 1
    var (left, right) = (value >> halfBits, value & mask)
    for key in keys {
      var mixed = (right ^ key) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 29)) &* 0x94D0_49BB_1331_11EB
      (left, right) = (right, left ^ (mixed >> 32) & mask)
    }
    return left << halfBits | right
  }
}
