import Foundation

/// How the time of an epoch grows: against real tokens and against blocks, each with the straight line that fits best.
public struct GrowthPlot {
  public struct Series: Sendable {
    public let axis: String
    public let points: [(x: Double, seconds: Double)]

    public init(axis: String, points: [(x: Double, seconds: Double)]) { (self.axis, self.points) = (axis, points) }

    /// Least squares, with the share of the variance that the line explains.
    public var line: (slope: Double, intercept: Double, explained: Double) {
      let n = Double(points.count)
      let (mx, my) = (points.reduce(0) { $0 + $1.x } / n, points.reduce(0) { $0 + $1.seconds } / n)
      let sxy = points.reduce(0) { $0 + ($1.x - mx) * ($1.seconds - my) }
      let (sxx, syy) = (
        points.reduce(0) { $0 + ($1.x - mx) * ($1.x - mx) }, points.reduce(0) { $0 + ($1.seconds - my) * ($1.seconds - my) }
      )
      let slope = sxx > 0 ? sxy / sxx : 0
      return (slope, my - slope * mx, sxx * syy > 0 ? sxy * sxy / (sxx * syy) : 1)
    }
  }

  private let title: String
  private let series: [Series]
  private static let width = 760.0, panel = 290.0, height = 320.0, top = 64.0, bottom = 52.0, left = 60.0, gap = 80.0

  public init(title: String, _ series: [Series]) { (self.title, self.series) = (title, series) }

  public var svg: String {
    let facts = series.map { String(format: "%@: a straight line explains %.2f %%", $0.axis, $0.line.explained * 100) }
    var out = PlotStyle.open(width: Self.width, height: Self.height, title: title, description: facts.joined(separator: ". "))
    out += PlotStyle.text(title, x: Self.left, y: 26, style: "ink", size: 15)
    for (index, entry) in series.enumerated() { out += draw(entry, left: Self.left + Double(index) * (Self.panel + Self.gap)) }
    return out + "</svg>\n"
  }

  private func draw(_ entry: Series, left: Double) -> String {
    let (right, top) = ((entry.points.map(\.x).max() ?? 1) * 1.05, (entry.points.map(\.seconds).max() ?? 1) * 1.1)
    func x(_ value: Double) -> Double { left + Self.panel * value / right }
    func y(_ value: Double) -> Double { Self.top + (Self.height - Self.top - Self.bottom) * (1 - value / top) }
    var out = PlotStyle.text(String(format: "a line explains %.2f\u{202F}%%", entry.line.explained * 100), x: left, y: Self.top - 14)
    let step = pow(10, floor(log10(top / 2))), even = [1, 2, 5].map { $0 * step }.first { top / $0 <= 6 } ?? step
    for tick in stride(from: 0, through: top, by: even) {
      out += PlotStyle.line(left, y(tick), left + Self.panel, y(tick))
      out += PlotStyle.text(String(format: "%g\u{202F}s", tick), x: left - 6, y: y(tick) + 4, anchor: "end")
    }
    for point in entry.points {
      out += PlotStyle.text(String(format: "%g", point.x), x: x(point.x), y: Self.height - Self.bottom + 18, anchor: "middle")
    }
    out += PlotStyle.text(entry.axis, x: left + Self.panel / 2, y: Self.height - 10, anchor: "middle")
    let line = entry.line
    out += "<line x1=\"\(PlotStyle.fixed(x(0)))\" y1=\"\(PlotStyle.fixed(y(max(line.intercept, 0))))\" x2=\"\(PlotStyle.fixed(x(right)))\" "
    out += "y2=\"\(PlotStyle.fixed(y(line.intercept + line.slope * right)))\" stroke=\"#8A8A8A\" stroke-dasharray=\"5 4\"/>\n"
    for point in entry.points {
      out += "<circle cx=\"\(PlotStyle.fixed(x(point.x)))\" cy=\"\(PlotStyle.fixed(y(point.seconds)))\" r=\"4.5\" fill=\"#0072B2\">"
      out += "<title>\(String(format: "%g: %.3f s", point.x, point.seconds))</title></circle>\n"
    }
    return out
  }
}
