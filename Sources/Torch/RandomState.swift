import CTorch

/// libtorch's generator on the CPU: it draws initial weights and dropout masks.
public enum RandomState {
  public static func seed(_ seed: UInt64) { done(ct_seed(seed)) }

  /// The generator's whole state, to store in a checkpoint.
  public static func save() -> Tensor { made(ct_generator_state()) }

  /// - Throws: when the bytes are not a generator's state.
  public static func restore(_ state: Tensor) throws { try doneOrThrow(ct_set_generator_state(state.handle)) }
}
