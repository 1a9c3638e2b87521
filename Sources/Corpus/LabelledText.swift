/// A text with its class as the file gives it.
public struct LabelledText: Sendable, Equatable {
  public let text: String
  public let label: String
  /// File and line, for messages.
  public let place: String

  public init(text: String, label: String, place: String) {
    self.text = text
    self.label = label
    self.place = place
  }
}
