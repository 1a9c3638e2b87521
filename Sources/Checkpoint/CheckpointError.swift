/// A model file that cannot be used; the description says what, where and the mend.
public struct CheckpointError: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
