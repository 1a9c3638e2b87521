/// A text with its class as the file gives it.
public struct LabelledText: Sendable, Equatable {
  public let text: String
  public let label: String
  private let path: String
  /// From 1; nil where the text is a file of its own.
  private let line: Int?

  /// - Parameter place: file and line, for messages.
  public init(text: String, label: String, place: String) {
    self.init(text: text, label: label, path: place, line: nil)
  }

  init(text: String, label: String, path: String, line: Int?) {
    self.text = text
    self.label = label
    self.path = path
    self.line = line
  }

  /// File and line, for messages.
  public var place: String { line.map { "\(path), line \($0)" } ?? path }
}
