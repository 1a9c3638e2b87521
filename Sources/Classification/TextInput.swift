/// What a model is given to read: a text, or a pair of them.
public struct TextInput: Sendable, Hashable {
  public var text: String
  /// Of a pair, such as premise and hypothesis
  public var second: String?

  public init(_ text: String, second: String? = nil) {
    self.text = text
    self.second = second
  }

  /// An empty second text is none, as Hugging Face Transformers takes it.
  var isPair: Bool { second?.isEmpty == false }
}

extension TextInput: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}
