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
    children += marks.flatMap { elements($0, in: frame) } + labels(in: frame)
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
      return [SVGElement.line(through: corners(points, style, frame)).with("fill", "none").stroked(style)]
    case .dots(let points, let style, let radius):
      let shown = points.filter { $0.x.isFinite && $0.y.isFinite }
      return shown.flatMap { dot($0, style, radius, frame) } + rings(shown, style, frame)
    case .band(let points, let style):
      let within = points.filter { $0.interval != nil }
      let upper = within.map { Mark.Point($0.x, $0.interval!.upperBound) }
      let lower = within.reversed().map { Mark.Point($0.x, $0.interval!.lowerBound) }
      return [
        SVGElement.line(through: corners(upper + lower, style, frame)).with("fill", style.colour)
          .with("fill-opacity", "0.15")
      ]
    case .level(let point, let style):
      let y = vertical(point.y, frame)
      return [SVGElement.line(frame.left, y, frame.right, y).stroked(style)] + rings([point], style, frame)
    }
  }

  private func corners(_ points: [Mark.Point], _ style: Mark.Style, _ frame: Frame) -> [(
    x: Double, y: Double
  )] {
    points.filter { $0.x.isFinite && $0.y.isFinite }.map {
      (horizontal($0.x, frame) + style.shift, vertical($0.y, frame))
    }
  }

  private func dot(_ point: Mark.Point, _ style: Mark.Style, _ radius: Double, _ frame: Frame) -> [SVGElement]
  {
    let x = horizontal(point.x, frame) + style.shift
    var circle = SVGElement.circle(x, vertical(point.y, frame), radius: radius).with("fill", style.colour)
    if let note = point.note { circle.children = [SVGElement("title", text: note)] }
    guard let interval = point.interval else { return [circle] }
    let (top, bottom) = (vertical(interval.upperBound, frame), vertical(interval.lowerBound, frame))
    let whisker = SVGElement.line(x, top, x, bottom).with("stroke", style.colour).with(
      "stroke-opacity", "0.6")
    return [whisker, circle]
  }

  private func rings(_ points: [Mark.Point], _ style: Mark.Style, _ frame: Frame) -> [SVGElement] {
    points.filter(\.isRinged).map { point in
      SVGElement.ring(
        horizontal(point.x, frame) + style.shift, vertical(point.y, frame), radius: Panel.ringRadius)
    }
  }

  /// Names are placed when all that they must not cross is known.
  private func labels(in frame: Frame) -> [SVGElement] {
    var labels = Labels(in: frame)
    var named: [(text: String, corner: (x: Double, y: Double))] = []
    for mark in marks {
      switch mark {
      case .line(let points, let style): labels.avoid(line: corners(points, style, frame))
      case .level(let point, _):
        let y = vertical(point.y, frame)
        labels.avoid(line: [(frame.left, y), (frame.right, y)])
      case .band: continue
      case .dots(let points, let style, let radius):
        let shown = points.filter { $0.x.isFinite && $0.y.isFinite }
        for (point, corner) in zip(shown, corners(shown, style, frame)) {
          labels.avoid(dotAt: corner.x, corner.y, radius: point.isRinged ? Panel.ringRadius : radius)
          if let interval = point.interval {
            let ends = [interval.lowerBound, interval.upperBound].map { (corner.x, vertical($0, frame)) }
            labels.avoid(line: ends)
          }
          if let label = point.label { named.append((label, corner)) }
        }
      }
    }
    return named.map { labels.place($0.text, at: $0.corner.x, $0.corner.y) }
  }

  private static let ringRadius = 9.0
}
