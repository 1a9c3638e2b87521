/// What charts are drawn of.
extension SVGElement {
  /// - Parameter look: `ink`, or `soft` for what is less important.
  static func text(
    _ text: String, x: Double, y: Double, anchor: String = "start", look: String = "ink", size: Int? = nil
  ) -> SVGElement {
    SVGElement(
      "text", ["class": look, "x": number(x), "y": number(y), "text-anchor": anchor], text: text
    ).with("font-size", size.map(String.init)).with("font-weight", size.map { _ in "600" })
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> SVGElement {
    SVGElement("line", ["x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2)])
  }

  static func line(through corners: [(x: Double, y: Double)]) -> SVGElement {
    SVGElement(
      "polyline", ["points": corners.map { number($0.x) + "," + number($0.y) }.joined(separator: " ")])
  }

  static func circle(_ x: Double, _ y: Double, radius: Double) -> SVGElement {
    SVGElement("circle", ["cx": number(x), "cy": number(y), "r": "\(radius)"])
  }

  static func ring(_ x: Double, _ y: Double, radius: Double) -> SVGElement {
    SVGElement(
      "circle",
      [
        "class": "ring", "cx": number(x), "cy": number(y), "r": "\(radius)", "fill": "none",
        "stroke-width": "1.5",
      ])
  }

  func stroked(_ style: Mark.Style) -> SVGElement {
    with("stroke", style.colour).with("stroke-width", "\(style.width)").with("stroke-dasharray", style.dash)
  }
}
