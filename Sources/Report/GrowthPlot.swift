import Foundation

/// How times grow: of an epoch against real tokens and against blocks, of the start against rows; each with the straight line that
/// fits best.
public struct GrowthPlot {
  public struct Series: Sendable {
    public let axis: String
    public let points: [(x: Double, seconds: Double)]

    /// Whether the points should lie on a level line, of which no share of a variance says anything.
    public let isLevel: Bool

    public init(axis: String, points: [(x: Double, seconds: Double)], isLevel: Bool = false) {
      (self.axis, self.points, self.isLevel) = (axis, points, isLevel)
    }

    var finding: String {
      if !isLevel { return String(format: "a line explains %.2f\u{202F}%%", line.explained * 100) }
      let times = points.map(\.seconds)
      return String(format: "between %.3f and %.3f\u{202F}s", times.min() ?? 0, times.max() ?? 0)
    }

    /// Least squares, with the share of the variance that the line explains.
    public var line: (slope: Double, intercept: Double, explained: Double) {
      let n = Double(points.count)
      let (mx, my) = (points.reduce(0) { $0 + $1.x } / n, points.reduce(0) { $0 + $1.seconds } / n)
      let sxy = points.reduce(0) { $0 + ($1.x - mx) * ($1.seconds - my) }
      let (sxx, syy) = (
        points.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) },
        points.reduce(0) { $0 + ($1.seconds - my) * ($1.seconds - my) }
      )
      let slope = sxx > 0 ? sxy / sxx : 0
      return (slope, my - slope * mx, sxx * syy > 0 ? sxy * sxy / (sxx * syy) : 1)
    }
  }

  private let title: String
  private let series: [Series]
  private static let panel = 290.0, height = 320.0, top = 64.0, bottom = 52.0, left = 60.0, gap = 80.0

  public init(title: String, _ series: [Series]) { (self.title, self.series) = (title, series) }

  public var svg: String {
    let facts = series.map { "\($0.axis): \($0.finding)" }
    let width = Self.left + Double(series.count) * (Self.panel + Self.gap) - Self.gap + 40
    var out = PlotStyle.open(
      width: width, height: Self.height, title: title, description: facts.joined(separator: ". "))
    out += PlotStyle.text(title, x: Self.left, y: 26, style: "ink", size: 15)
    for (index, entry) in series.enumerated() {
      out += draw(entry, left: Self.left + Double(index) * (Self.panel + Self.gap))
    }
    return out + "</svg>\n"
  }

  private func draw(_ entry: Series, left: Double) -> String {
    // Level points stand at a third of the height, so that what they do is seen and not blown up.
    let top = (entry.points.map(\.seconds).max() ?? 1) * (entry.isLevel ? 3 : 1.1)
    let right = (entry.points.map(\.x).max() ?? 1) * 1.05
    func x(_ value: Double) -> Double { left + Self.panel * value / right }
    func y(_ value: Double) -> Double {
      Self.top + (Self.height - Self.top - Self.bottom) * (1 - value / top)
    }
    var out = PlotStyle.text(entry.finding, x: left, y: Self.top - 14)
    let step = pow(10, floor(log10(top / 2))),
      even = [1, 2, 5].map { $0 * step }.first { top / $0 <= 6 } ?? step
    for tick in stride(from: 0, through: top, by: even) {
      out += PlotStyle.line(left, y(tick), left + Self.panel, y(tick))
      out += PlotStyle.text(String(format: "%g\u{202F}s", tick), x: left - 6, y: y(tick) + 4, anchor: "end")
    }
    for point in entry.points {
      out += PlotStyle.text(
        String(format: "%.3g", point.x), x: x(point.x), y: Self.height - Self.bottom + 18, anchor: "middle")
    }
    out += PlotStyle.text(entry.axis, x: left + Self.panel / 2, y: Self.height - 10, anchor: "middle")
    let line = entry.line
    // From the axis that it meets first.
    let start = line.intercept < 0 && line.slope > 0 ? -line.intercept / line.slope : 0
    out +=
      "<line x1=\"\(PlotStyle.fixed(x(start)))\" y1=\"\(PlotStyle.fixed(y(line.intercept + line.slope * start)))\" "
    out += "x2=\"\(PlotStyle.fixed(x(right)))\" "
    out +=
      "y2=\"\(PlotStyle.fixed(y(line.intercept + line.slope * right)))\" stroke=\"#8A8A8A\" stroke-dasharray=\"5 4\"/>\n"
    for point in entry.points {
      out +=
        "<circle cx=\"\(PlotStyle.fixed(x(point.x)))\" cy=\"\(PlotStyle.fixed(y(point.seconds)))\" r=\"4.5\" fill=\"#0072B2\">"
      out += "<title>\(String(format: "%g: %.3f s", point.x, point.seconds))</title></circle>\n"
    }
    return out
  }
}
