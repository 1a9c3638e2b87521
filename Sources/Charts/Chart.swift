/// A drawing of one panel or several, with a legend, as SVG that suits light and dark pages.
public struct Chart: Sendable {
  /// An entry of the legend.
  public struct Key: Sendable {
    public enum Sign: Sendable {
      case line(Mark.Style)
      case ring
    }

    public let name: String
    public let sign: Sign

    public init(_ name: String, _ style: Mark.Style) {
      self.name = name
      sign = .line(style)
    }

    public init(ring name: String) {
      self.name = name
      sign = .ring
    }
  }

  /// Pixels around and between the panels.
  public struct Layout: Sendable {
    public var width = 760.0
    public var height: Double
    public var left: Double
    public var right: Double
    public var top: Double
    public var bottom = 52.0
    /// Between panels, for the numbers of the second one.
    public var gap: Double
    public var titleSize: Int

    public init(
      height: Double = 400, left: Double = 64, right: Double = 40, top: Double = 46, gap: Double = 80,
      titleSize: Int = 16
    ) {
      self.height = height
      self.left = left
      self.right = right
      self.top = top
      self.gap = gap
      self.titleSize = titleSize
    }
  }

  public var title: String
  public var subtitle: String
  /// What it shows, in words, for those who do not see it.
  public var description: String
  public var panels: [Panel]
  public var keys: [Key]
  public var layout: Layout

  public init(
    _ title: String, subtitle: String = "", description: String = "", panels: [Panel], keys: [Key] = [],
    layout: Layout = Layout()
  ) {
    self.title = title
    self.subtitle = subtitle
    self.description = description
    self.panels = panels
    self.keys = keys
    self.layout = layout
  }

  public var svg: String {
    let height = max(layout.height, layout.top + Double(keys.count) * 20 + 20)
    var root = SVGElement(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(Int(layout.width)) \(Int(height))",
        "role": "img", "font-family": "system-ui, 'Helvetica Neue', Arial, sans-serif", "font-size": "12",
      ])
    root.children = [
      SVGElement("title", text: title), SVGElement("desc", text: description),
      SVGElement("style", text: Chart.look),
      SVGElement("rect", ["class": "paper", "width": "100%", "height": "100%"]),
    ]
    root.children.append(SVGElement.text(title, x: layout.left, y: 25, size: layout.titleSize))
    if !subtitle.isEmpty {
      root.children.append(SVGElement.text(subtitle, x: layout.left, y: 43, look: "soft"))
    }
    root.children += zip(panels, frames).map { $0.element(in: $1) }
    if let last = frames.last {
      let x = last.right + 20
      root.children += keys.enumerated().flatMap { index, key in
        key.elements(x: x, y: layout.top + 8 + Double(index) * 20)
      }
    }
    return root.xml
  }

  /// Panels stand side by side and are equally wide.
  private var frames: [Panel.Frame] {
    let count = Double(max(panels.count, 1))
    let width = (layout.width - layout.left - layout.right - layout.gap * (count - 1)) / count
    return panels.indices.map { index in
      let left = layout.left + Double(index) * (width + layout.gap)
      return Panel.Frame(
        left: left, right: left + width, top: layout.top, bottom: layout.height - layout.bottom)
    }
  }

  private static let look = """

    .paper { fill: #ffffff } .ink { fill: #1b1b1b } .soft { fill: #555555 }
    .grid { stroke: #e4e4e4 } .ring { stroke: #1b1b1b }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #16181c } .ink { fill: #ececec } .soft { fill: #a8acb3 }
      .grid { stroke: #33373d } .ring { stroke: #ececec }
    }

    """
}

extension Chart.Key {
  func elements(x: Double, y: Double) -> [SVGElement] {
    let sample: SVGElement
    switch sign {
    case .line(let style): sample = SVGElement.line(x, y, x + 24, y).stroked(style)
    case .ring: sample = SVGElement.ring(x + 12, y, radius: 7)
    }
    return [sample, SVGElement.text(name, x: x + 31, y: y + 4)]
  }
}
