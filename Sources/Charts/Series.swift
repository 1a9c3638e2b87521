/// Points under one name: what a panel draws of them, and their entry in the legend.
public struct Series: Sendable {
  public let name: String
  public let points: [Mark.Point]
  public let style: Mark.Style
  /// Drawn as dashed lines over the whole width, since the points belong to no place on the axis of x.
  public let isLevel: Bool

  /// Each in a colour of its own.
  /// - Parameter distance: pixels between neighbours, so that intervals at the same x can be read.
  public static func apart(
    _ distance: Double, _ entries: [(name: String, points: [Mark.Point])],
    isLevel: (String) -> Bool = { _ in false }
  ) -> [Series] {
    entries.enumerated().map { index, entry in
      let style =
        isLevel(entry.name)
        ? Mark.Style(Palette.colour(index), dash: "6 4", width: 1.5)
        : Mark.Style(series: index, of: entries.count, apart: distance)
      return Series(name: entry.name, points: entry.points, style: style, isLevel: isLevel(entry.name))
    }
  }

  /// A line with dots and intervals on it.
  func marks(radius: Double) -> [Mark] {
    isLevel
      ? points.map { .level($0, style) } : [.line(points, style), .dots(points, style, radius: radius)]
  }
}

extension Axis {
  /// Percent, around the intervals of all points.
  public static func percent(around series: [Series], step: Double, about count: Int = 5) -> Axis {
    let ends = series.flatMap(\.points).compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] }
    return percent(around: ends, step: step, about: count)
  }
}

extension Chart {
  /// One panel of series, with a legend that names them.
  /// - Parameter ring: what a ring around a point means; nil where there is none.
  public init(
    _ title: String, subtitle: String = "", description: String, x: Axis, y: Axis, series: [Series],
    radius: Double = 3.5, ring: String? = nil, layout: Layout
  ) {
    let rings = ring.map { [Key(ring: $0)] } ?? []
    self.init(
      title, subtitle: subtitle, description: description,
      panels: [Panel(x: x, y: y, marks: series.flatMap { $0.marks(radius: radius) })],
      keys: series.map { Key($0.name, $0.style) } + rings, layout: layout)
  }
}
