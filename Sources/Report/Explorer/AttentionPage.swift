import Foundation

/// The attention explorer as one HTML file that needs nothing else.
public struct AttentionPage {
  public enum View: String, Sendable, CaseIterable { case highlight, head, model, neuron }

  /// Bytes of texts that a browser still loads at once; see ``AttentionExample/pageBytes``.
  public static let sizeLimit = 64_000_000

  private let examples: [AttentionExample]
  private let title: String
  private let choices: [String: Any]
  private let served: [String]?
  private let leftOut: Int

  private struct Content {
    struct Own {
      let models: [Model]
    }

    struct Model {
      let name: String
      let isShown: Bool
    }

    let title: String
    let leftOut: String?
    let own: Own?
    let choices: String
    let readings: [String]
  }

  /// - Parameters:
  ///   - title: the model's name.
  ///   - only: the one view that the page has; nil gives all of them.
  ///   - choices: where the page starts, by the names of its script's state.
  ///   - served: the models that `fathom serve` has; adds a box for texts of the reader's own, which it
  ///     answers.
  ///   - leftOut: how many texts were asked for and are not here, since the page would be too large.
  public init(
    _ examples: [AttentionExample], title: String, only: View? = nil, choices: [String: Any] = [:],
    served: [String]? = nil, leftOut: Int = 0
  ) {
    self.examples = examples
    self.title = title
    self.served = served
    self.leftOut = leftOut
    var start: [String: Any] = ["view": (only ?? .highlight).rawValue]
    if let only { start["only"] = only.rawValue }
    self.choices = start.merging(choices) { _, new in new }
  }

  public func html() throws -> String {
    let content = Content(
      title: title, leftOut: AttentionPage.note(leftOut: leftOut, of: examples.count + leftOut),
      own: served.map { names in
        Content.Own(models: names.map { Content.Model(name: $0, isShown: $0 == title) })
      },
      choices: try AttentionPage.json(choices),
      readings: try examples.map { try AttentionPage.json($0.json) })
    return Page(
      title: "Attention: \(title)", styles: [Resource.attentionStyle],
      body: Templates.render("attention", content), scripts: [Resource.attentionScript]
    ).html
  }

  /// Nil where every text is shown.
  public static func note(leftOut: Int, of count: Int) -> String? {
    guard leftOut > 0 else { return nil }
    return "The page holds the first \(count - leftOut) of \(count) texts: with all of them a browser would "
      + "have more than \(sizeLimit / 1_000_000) MB to load."
  }

  /// JSON that cannot end a script element.
  private static func json(_ object: Any) throws -> String {
    String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self
    )
    .replacingOccurrences(of: "<", with: "\\u003c")
  }
}
