import Foundation

/// The attention explorer as one HTML file that needs nothing else.
public struct AttentionPage {
  public enum View: String, Sendable, CaseIterable { case highlight, head, model, neuron }

  private let examples: [AttentionExample]
  private let title: String
  private let choices: [String: Any]
  private let served: [String]?

  /// - Parameters:
  ///   - title: the model's name.
  ///   - only: the one view that the page has; nil gives all of them.
  ///   - choices: where the page starts, by the names of its script's state.
  ///   - served: the models that `fathom serve` has; adds a box for texts of the reader's own, which it answers.
  public init(
    _ examples: [AttentionExample], title: String, only: View? = nil, choices: [String: Any] = [:],
    served: [String]? = nil
  ) {
    self.examples = examples
    self.title = title
    self.served = served
    var start: [String: Any] = ["view": (only ?? .highlight).rawValue]
    if let only { start["only"] = only.rawValue }
    self.choices = start.merging(choices) { _, new in new }
  }

  public func html() throws -> String {
    let readings = try examples.map {
      "<script type=\"application/json\" class=\"reading\">\(try AttentionPage.json($0.json))</script>"
    }
    let box =
      served.map { names in
        let options = names.map { "<option\($0 == title ? " selected" : "")>\(escape($0))</option>" }.joined()
        return """
          <form id="own"><label>Model <select id="model">\(options)</select></label>
          <label for="text">Your own text</label><textarea id="text" rows="3" maxlength="20000" required></textarea>
          <button>Show</button> <span id="status" role="status"></span></form>
          """
      } ?? ""
    return PageStyle.document(
      title: "Attention: \(title)", css: AttentionStyle.css,
      body: """
        <h1>What \(escape(title)) attends to</h1>
        <p class="warning">Attention shows where a model looks, not why it decides: raw weights are known to be a weak explanation
        (Jain and Wallace 2019, <cite>Attention is not Explanation</cite>). Look at <em>rollout</em> and <em>gradient × input</em> beside
        them before you believe a picture.</p>
        \(box)
        <nav id="views" role="tablist" aria-label="Views"></nav>
        <div id="controls"></div>
        <p id="verdict"></p>
        <div id="stage" tabindex="-1"></div>
        <p id="save"><button type="button" data-save="svg">Save this view as SVG</button>
        <button type="button" data-save="html">Save this page as it stands</button> <span id="note"></span></p>
        <script type="application/json" id="choices">\(try AttentionPage.json(choices))</script>
        \(readings.joined(separator: "\n"))
        <script>\(AttentionScript.text)</script>
        """)
  }

  /// JSON that cannot end a script element.
  private static func json(_ object: Any) throws -> String {
    String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self
    )
    .replacingOccurrences(of: "<", with: "\\u003c")
  }
}
