import Foundation

/// An element of a drawing, whose attributes and texts are escaped when it is written.
public struct SVGElement: Sendable {
  let name: String
  var attributes: [(name: String, value: String)]
  var children: [SVGElement]
  var text: String?

  public init(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String? = nil,
    children: [SVGElement] = []
  ) {
    self.name = name
    self.attributes = attributes.map { ($0.key, $0.value) }
    self.text = text
    self.children = children
  }

  /// The same with further attributes; nil adds none.
  func with(_ name: String, _ value: String?) -> SVGElement {
    guard let value else { return self }
    var copy = self
    copy.attributes.append((name, value))
    return copy
  }

  /// As XML, a line per element.
  public var xml: String {
    let opening = attributes.reduce("<" + name) { $0 + " \($1.name)=\"\(SVGElement.escaped($1.value))\"" }
    if let text { return "\(opening)>\(SVGElement.escaped(text))\(inner)</\(name)>\n" }
    return children.isEmpty ? opening + "/>\n" : "\(opening)>\(inner)</\(name)>\n"
  }

  private var inner: String {
    children.isEmpty ? "" : "\n" + children.map(\.xml).joined()
  }

  /// A coordinate, with the one decimal that can be seen.
  static func number(_ value: Double) -> String { String(format: "%.1f", value) }

  /// What XML 1.0 does not allow is left out, even escaped: control characters but tab and newlines.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": continue
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
