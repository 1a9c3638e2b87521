/// A text, or a pair of texts, with what the file says of it.
public struct LabelledText: Sendable, Equatable {
  public let text: String
  /// The second text of a pair
  public let second: String?
  public let answer: Answer
  /// For messages
  public let location: Location

  /// - Parameter place: file and line, for messages.
  public init(text: String, label: String, place: String) {
    self.init(text: text, answer: .label(label), location: Location(place))
  }

  public init(text: String, second: String? = nil, answer: Answer, location: Location) {
    self.text = text
    self.second = second
    self.answer = answer
    self.location = location
  }

  /// The name of its class; of other answers what they are in words.
  public var label: String {
    switch answer {
    case .label(let name): name
    case .labels(let names): names.joined(separator: "|")
    case .values(let values): values.map { "\($0)" }.joined(separator: ", ")
    }
  }

  /// File and line, for messages.
  public var place: String { location.description }
}
