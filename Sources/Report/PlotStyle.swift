import Foundation

/// What all plots share: colours that are told apart without seeing all of them, and a dark dress.
enum PlotStyle {
  // Okabe and Ito's palette; its black is grey here, to show on both grounds.
  static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A"]

  static func colour(_ index: Int) -> String { colours[index % colours.count] }

  /// What tells a line from another of the same colour, as an attribute.
  static func dash(_ index: Int) -> String {
    let patterns = ["", " stroke-dasharray=\"6 3\"", " stroke-dasharray=\"2 3\""]
    return patterns[index / colours.count % patterns.count]
  }

  /// An entry of a legend.
  static func key(_ name: String, _ index: Int, x: Double, y: Double) -> String {
    "<line x1=\"\(x)\" y1=\"\(y)\" x2=\"\(x + 18)\" y2=\"\(y)\" stroke=\"\(colour(index))\" stroke-width=\"2\"\(dash(index))/>\n"
      + text(name, x: x + 24, y: y + 4, style: "ink")
  }

  static func open(width: Double, height: Double, title: String, description: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" role="img" \
    font-family="system-ui, 'Helvetica Neue', Arial, sans-serif" font-size="12">
    <title>\(escape(title))</title><desc>\(escape(description))</desc>
    <style>.paper{fill:#ffffff}.ink{fill:#1b1b1b}.soft{fill:#555555}.grid{stroke:#e4e4e4}.mark{stroke:#1b1b1b}
    @media (prefers-color-scheme:dark){.paper{fill:#16181c}.ink{fill:#ececec}.soft{fill:#a8acb3}.grid{stroke:#33373d}.mark{stroke:#ececec}}</style>
    <rect class="paper" width="100%" height="100%"/>

    """
  }

  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", style: String = "soft", size: Int? = nil
  ) -> String {
    let font = size.map { " font-size=\"\($0)\" font-weight=\"600\"" } ?? ""
    return
      "<text class=\"\(style)\" x=\"\(fixed(x))\" y=\"\(fixed(y))\" text-anchor=\"\(anchor)\"\(font)>\(escape(text))</text>\n"
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
    "<line class=\"grid\" x1=\"\(fixed(x1))\" y1=\"\(fixed(y1))\" x2=\"\(fixed(x2))\" y2=\"\(fixed(y2))\"/>\n"
  }

  static func fixed(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// Text made safe for SVG and HTML.
func escape(_ text: String) -> String {
  text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
    .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
}
