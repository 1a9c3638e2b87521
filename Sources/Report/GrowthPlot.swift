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

    public var line: StraightLine { StraightLine(fitting: points.map { ($0.x, $0.seconds) }) }

    var finding: String {
      if !isLevel { return String(format: "a line explains %.2f\u{202F}%%", line.explained * 100) }
      let times = points.map(\.seconds)
      return String(format: "between %.3f and %.3f\u{202F}s", times.min() ?? 0, times.max() ?? 0)
    }

    var panel: Panel {
      // Level points stand at a third of the height, so that what they do is seen and not blown up.
      let top = (points.map(\.seconds).max() ?? 1) * (isLevel ? 3 : 1.1)
      let right = (points.map(\.x).max() ?? 1) * 1.05
      let dots = points.map {
        Mark.Point($0.x, $0.seconds, note: String(format: "%g: %.3f s", $0.x, $0.seconds))
      }
      return Panel(
        finding,
        x: Axis(
          axis, Scale(.linear, 0...right), ticks: points.map { Axis.Tick($0.x, String(format: "%.3g", $0.x)) }
        ),
        y: Axis("", Scale(.linear, 0...top)) { String(format: "%g\u{202F}s", $0) },
        marks: [
          line.mark(to: right, Mark.Style(Palette.grey, dash: "5 4", width: 1)),
          .dots(dots, Mark.Style(Palette.blue), radius: 4.5),
        ])
    }
  }

  public let svg: String

  public init(title: String, _ series: [Series]) {
    var layout = Chart.Layout(height: 320, left: 60, top: 64, titleSize: 15)
    layout.width = layout.left + Double(series.count) * (290 + layout.gap) - layout.gap + layout.right
    let facts = series.map { "\($0.axis): \($0.finding)" }
    svg =
      Chart(title, description: facts.joined(separator: ". "), panels: series.map(\.panel), layout: layout)
      .svg
  }
}
