/// Draws damaged copies of sound files. Input `index` of a seed is always the same one.
public struct Mutator {
  private let seeds: [[UInt8]]
  private let isJSON: Bool
  private let seed: UInt64
  /// A seed that repeats its own chunks must not grow without bound.
  private static let largest = 1 << 20

  public init(seeds: [[UInt8]], isJSON: Bool, seed: UInt64) {
    self.seeds = seeds
    self.isJSON = isJSON
    self.seed = seed
  }

  public func input(_ index: Int) -> [UInt8] {
    var random = SplitMix64(state: seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
    var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
    // The first input of all is a sound file.
    if index == 0 { return seeds[0] }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      if isJSON, Bool.random(using: &random) {
        bytes = changeJSON(bytes, &random)
      } else {
        change(&bytes, &random)
      }
    }
    return Array(bytes.prefix(Mutator.largest))
  }

  private func change(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    if bytes.isEmpty { bytes = [0] }
    func offset(_ random: inout SplitMix64) -> Int {
      // Headers are at the start, directories at the end.
      switch Int.random(in: 0..<3, using: &random) {
      case 0: Int.random(in: 0..<min(bytes.count, 64), using: &random)
      case 1: bytes.count - 1 - Int.random(in: 0..<min(bytes.count, 256), using: &random)
      default: Int.random(in: 0..<bytes.count, using: &random)
      }
    }
    let start = offset(&random)
    let end = min(bytes.count, start + Int.random(in: 1...64, using: &random))
    switch Int.random(in: 0..<9, using: &random) {
    case 0: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[start] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(start...)
    case 3: bytes.removeSubrange(start..<end)
    case 4: bytes.insert(contentsOf: bytes[start..<end], at: offset(&random))
    case 5:
      let count = Int.random(in: 2...64, using: &random)
      bytes.insert(contentsOf: (0..<count).flatMap { _ in bytes[start..<end] }, at: start)
    case 6:
      let other = seeds[Int.random(in: 0..<seeds.count, using: &random)]
      if !other.isEmpty {
        bytes = Array(bytes[..<start]) + other[Int.random(in: 0..<other.count, using: &random)...]
      }
    case 7:
      let number = Mutator.numbers[Int.random(in: 0..<Mutator.numbers.count, using: &random)]
      let width = [1, 2, 4, 8][Int.random(in: 0..<4, using: &random)]
      for byte in 0..<width where start + byte < bytes.count {
        bytes[start + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
      }
    default:
      let count = Int.random(in: 1...16, using: &random)
      bytes.insert(
        contentsOf: (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }, at: start)
    }
  }

  /// Sizes and offsets at their ends.
  private static let numbers: [UInt64] = [
    0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 40,
    0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFF8,
  ]
}

/// - Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
