/// A text with its class as the file gives it.
public struct LabelledText: Sendable, Equatable {
  public let text: String
  public let label: String
  /// For messages
  public let location: Location

  /// - Parameter place: file and line, for messages.
  public init(text: String, label: String, place: String) {
    self.init(text: text, label: label, location: Location(place))
  }

  init(text: String, label: String, location: Location) {
    self.text = text
    self.label = label
    self.location = location
  }

  /// File and line, for messages.
  public var place: String { location.description }
}
