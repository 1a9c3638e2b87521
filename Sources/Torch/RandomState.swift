import CTorch

/// libtorch's generator on the CPU: it draws initial weights and dropout masks.
public enum RandomState {
  public static func seed(_ seed: UInt64) { done(ct_seed(seed)) }

  /// The generator's whole state, to store in a checkpoint.
  public static func save() -> Tensor { made(ct_generator_state()) }

  /// - Throws: when the bytes are not a generator's state.
  public static func restore(_ state: Tensor) throws { try doneOrThrow(ct_set_generator_state(state.handle)) }
}

/// A small seeded generator for everything that is drawn in Swift (shuffles, splits, masks).
/// - Source: Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators" (SplitMix64).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  public private(set) var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
