/// Marks between two axes.
public struct Panel: Sendable {
  /// Where it stands in the drawing, in pixels.
  struct Frame {
    let left: Double
    let right: Double
    let top: Double
    let bottom: Double
  }

  /// Written above it; the figures' finding, say.
  public var title: String
  public var x: Axis
  public var y: Axis
  public var marks: [Mark]

  public init(_ title: String = "", x: Axis, y: Axis, marks: [Mark]) {
    self.title = title
    self.x = x
    self.y = y
    self.marks = marks
  }

  func element(in frame: Frame) -> SVGElement {
    var children: [SVGElement] = []
    if !title.isEmpty {
      children.append(SVGElement.text(title, x: frame.left, y: frame.top - 14, look: "soft"))
    }
    children += horizontal(frame) + vertical(frame)
    children += marks.flatMap { elements($0, in: frame) }
    return SVGElement("g", children: children)
  }

  /// Grid lines, and the numbers of the upright axis.
  private func horizontal(_ frame: Frame) -> [SVGElement] {
    y.ticks.flatMap { tick -> [SVGElement] in
      let position = vertical(tick.value, frame)
      return [
        SVGElement.line(frame.left, position, frame.right, position).with("class", "grid"),
        SVGElement.text(tick.label, x: frame.left - 8, y: position + 4, anchor: "end", look: "soft"),
      ]
    }
  }

  private func vertical(_ frame: Frame) -> [SVGElement] {
    let labels = x.ticks.map { tick in
      SVGElement.text(
        tick.label, x: horizontal(tick.value, frame), y: frame.bottom + 20, anchor: "middle", look: "soft")
    }
    let middle = (frame.left + frame.right) / 2
    let title = SVGElement.text(x.title, x: middle, y: frame.bottom + 40, anchor: "middle", look: "soft")
    return labels + [title]
  }

  private func horizontal(_ value: Double, _ frame: Frame) -> Double {
    let width = frame.right - frame.left - 2 * x.inset
    return frame.left + x.inset + width * x.scale.share(value)
  }

  private func vertical(_ value: Double, _ frame: Frame) -> Double {
    let height = frame.bottom - frame.top - 2 * y.inset
    return frame.bottom - y.inset - height * y.scale.share(value)
  }

  private func elements(_ mark: Mark, in frame: Frame) -> [SVGElement] {
    switch mark {
    case .line(let points, let style):
      return [polyline(points.map { ($0, $0.y) }, style, frame).with("fill", "none").stroked(style)]
    case .dots(let points, let style, let radius):
      return points.flatMap { dot($0, style, radius, frame) }
    case .band(let points, let style):
      let within = points.filter { $0.interval != nil }
      let outline =
        within.map { ($0, $0.interval!.upperBound) } + within.reversed().map { ($0, $0.interval!.lowerBound) }
      return [polyline(outline, style, frame).with("fill", style.colour).with("fill-opacity", "0.15")]
    case .level(let value, let style):
      let position = vertical(value, frame)
      return [SVGElement.line(frame.left, position, frame.right, position).stroked(style)]
    case .ring(let point, let shift):
      return [SVGElement.ring(horizontal(point.x, frame) + shift, vertical(point.y, frame), radius: 9)]
    }
  }

  /// - Parameter corners: points, each with the height that it is drawn at.
  private func polyline(_ corners: [(Mark.Point, Double)], _ style: Mark.Style, _ frame: Frame) -> SVGElement
  {
    let places = corners.filter { $0.0.x.isFinite && $0.1.isFinite }.map { point, height in
      let (x, y) = (horizontal(point.x, frame) + style.shift, vertical(height, frame))
      return SVGElement.number(x) + "," + SVGElement.number(y)
    }
    return SVGElement("polyline", ["points": places.joined(separator: " ")])
  }

  private func dot(_ point: Mark.Point, _ style: Mark.Style, _ radius: Double, _ frame: Frame) -> [SVGElement]
  {
    guard point.x.isFinite, point.y.isFinite else { return [] }
    let (x, y) = (horizontal(point.x, frame) + style.shift, vertical(point.y, frame))
    var elements: [SVGElement] = []
    if let interval = point.interval {
      let (top, bottom) = (vertical(interval.upperBound, frame), vertical(interval.lowerBound, frame))
      elements.append(
        SVGElement.line(x, top, x, bottom).with("stroke", style.colour).with("stroke-opacity", "0.6"))
    }
    var circle = SVGElement(
      "circle",
      [
        "cx": SVGElement.number(x), "cy": SVGElement.number(y), "r": "\(radius)", "fill": style.colour,
      ])
    if let note = point.note { circle.children = [SVGElement("title", text: note)] }
    elements.append(circle)
    if let label = point.label {
      elements.append(SVGElement.text(label, x: x, y: y - 12, anchor: "middle"))
    }
    return elements
  }
}

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
