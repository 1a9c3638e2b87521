import Charts
import Foundation

/// How times grow: of an epoch against real tokens and against blocks, of the start against rows; each with
/// the straight line that fits best.
public struct GrowthPlot {
  public struct Series: Sendable {
    public let axis: String
    public let points: [(x: Double, seconds: Double)]

    /// Whether the points should lie on a level line, of which no share of a variance says anything.
    public let isLevel: Bool

    public init(axis: String, points: [(x: Double, seconds: Double)], isLevel: Bool = false) {
      self.axis = axis
      self.points = points
      self.isLevel = isLevel
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

  public init(title: String, _ series: [Series]) {
    self.title = title
    self.series = series
  }

  public var svg: String {
    var layout = Chart.Layout(height: 320, left: 60, top: 64, titleSize: 15)
    layout.width = layout.left + Double(series.count) * (290 + layout.gap) - layout.gap + layout.right
    let facts = series.map { "\($0.axis): \($0.finding)" }
    return Chart(
      title, description: facts.joined(separator: ". "), panels: series.map(panel), layout: layout
    ).svg
  }

  private func panel(_ entry: Series) -> Panel {
    // Level points stand at a third of the height, so that what they do is seen and not blown up.
    let top = (entry.points.map(\.seconds).max() ?? 1) * (entry.isLevel ? 3 : 1.1)
    let right = (entry.points.map(\.x).max() ?? 1) * 1.05
    let line = entry.line
    // From the axis that it meets first.
    let start = line.intercept < 0 && line.slope > 0 ? -line.intercept / line.slope : 0
    let ends = [start, right].map { Mark.Point($0, line.intercept + line.slope * $0) }
    let points = entry.points.map { point in
      Mark.Point(point.x, point.seconds, note: String(format: "%g: %.3f s", point.x, point.seconds))
    }
    return Panel(
      entry.finding,
      x: Axis(
        entry.axis, Scale(.linear, 0...right),
        ticks: entry.points.map { Axis.Tick($0.x, String(format: "%.3g", $0.x)) }),
      y: Axis("", Scale(.linear, 0...top)) { String(format: "%g\u{202F}s", $0) },
      marks: [
        .line(ends, Mark.Style(Palette.grey, dash: "5 4", width: 1)),
        .dots(points, Mark.Style(Palette.blue), radius: 4.5),
      ])
  }
}
