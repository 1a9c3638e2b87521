/// A value of a record as its file gives it.
public enum Cell: Sendable, Equatable {
  /// Written as null, or not there
  case null
  case text(String)
  /// A number, `true` or `false`, in the spelling of the file
  case word(String)
  case bytes([UInt8])
  case list([Cell])
  case object([Entry])

  public struct Entry: Sendable, Equatable {
    public let key: String
    public let value: Cell

    public init(key: String, value: Cell) { (self.key, self.value) = (key, value) }
  }
}
