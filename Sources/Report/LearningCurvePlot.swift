import Foundation
import Study

/// Test accuracy against training examples, on a logarithmic axis: a line a variant, with 95 % intervals.
public struct LearningCurvePlot {
  private let study: StudyResult
  private let series:
    [(name: String, points: [(examples: Int, accuracy: Double, interval: ClosedRange<Double>)])]
  private let examples: ClosedRange<Double>
  private let accuracies: ClosedRange<Double>
  private static let width = 760.0, height = 400.0, left = 64.0, right = 170.0, top = 46.0, bottom = 52.0

  public init(_ study: StudyResult) {
    self.study = study
    let studies = study.smallerStudies + [study]
    series = study.results.map { result in
      let points = studies.compactMap {
        part -> (examples: Int, accuracy: Double, interval: ClosedRange<Double>)? in
        guard let count = part.trainingExamples,
          let same = part.results.first(where: { $0.variant == result.variant })
        else { return nil }
        return (count, same.testAccuracy, same.testInterval)
      }
      return (result.variant.description, points)
    }
    let counts = studies.compactMap(\.trainingExamples).map(Double.init)
    let low = max(counts.min() ?? 1, 1)
    examples = low...max(counts.max() ?? 1, low * 1.01)
    let ends = series.flatMap { $0.points.flatMap { [$0.interval.lowerBound, $0.interval.upperBound] } }
    let floor = ((ends.min() ?? 0) * 20).rounded(.down) / 20
    accuracies = floor...max(floor + 0.05, ((ends.max() ?? 1) * 20).rounded(.up) / 20)
  }

  public var svg: String {
    let title = "Test accuracy by number of training examples"
    var out = PlotStyle.open(
      width: Self.width, height: Self.height, title: title,
      description: series.map { entry in
        "\(entry.name): "
          + entry.points.map { "\($0.examples) examples \(percent($0.accuracy))" }.joined(separator: ", ")
      }.joined(separator: ". "))
    out += PlotStyle.text(title, x: Self.left, y: 24, style: "ink", size: 16)
    let span = accuracies.upperBound - accuracies.lowerBound
    for tick in stride(
      from: accuracies.lowerBound, through: accuracies.upperBound + 1e-9, by: span > 0.25 ? 0.1 : 0.05)
    {
      out += PlotStyle.line(Self.left, y(tick), Self.width - Self.right, y(tick))
      out += PlotStyle.text(
        String(format: "%.0f\u{202F}%%", tick * 100), x: Self.left - 8, y: y(tick) + 4, anchor: "end")
    }
    for part in study.smallerStudies + [study] {
      guard let count = part.trainingExamples else { continue }
      out += PlotStyle.text(String(count), x: x(count), y: Self.height - Self.bottom + 20, anchor: "middle")
    }
    out += PlotStyle.text(
      "training examples (logarithmic)", x: (Self.left + Self.width - Self.right) / 2, y: Self.height - 8,
      anchor: "middle")
    for (index, entry) in series.enumerated() { out += draw(entry, index) }
    return out + "</svg>\n"
  }

  private func draw(
    _ entry: (name: String, points: [(examples: Int, accuracy: Double, interval: ClosedRange<Double>)]),
    _ index: Int
  ) -> String {
    let colour = PlotStyle.colour(index)
    // Intervals of neighbouring lines would hide one another.
    let shift = (Double(index) - Double(series.count - 1) / 2) * 3
    let places = entry.points.map { (x: x($0.examples) + shift, point: $0) }
    var out =
      "<polyline points=\""
      + places.map { "\(PlotStyle.fixed($0.x)),\(PlotStyle.fixed(y($0.point.accuracy)))" }.joined(
        separator: " ")
    out += "\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"\(PlotStyle.dash(index))/>\n"
    for (x, point) in places {
      let (top, bottom) = (
        PlotStyle.fixed(y(point.interval.upperBound)), PlotStyle.fixed(y(point.interval.lowerBound))
      )
      out +=
        "<line x1=\"\(PlotStyle.fixed(x))\" x2=\"\(PlotStyle.fixed(x))\" y1=\"\(top)\" y2=\"\(bottom)\" stroke=\"\(colour)\" stroke-opacity=\"0.5\"/>\n"
      out +=
        "<circle cx=\"\(PlotStyle.fixed(x))\" cy=\"\(PlotStyle.fixed(y(point.accuracy)))\" r=\"4\" fill=\"\(colour)\">"
      out +=
        "<title>\(escape(entry.name)), \(point.examples) examples: \(percent(point.accuracy))</title></circle>\n"
    }
    return out
      + PlotStyle.key(
        entry.name, index, x: Self.width - Self.right + 20, y: Self.top + 10 + Double(index) * 18)
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f\u{202F}%%", share * 100) }

  private func x(_ count: Int) -> Double {
    let share = log(Double(count) / examples.lowerBound) / log(examples.upperBound / examples.lowerBound)
    return Self.left + 20 + (Self.width - Self.left - Self.right - 40) * share
  }

  private func y(_ accuracy: Double) -> Double {
    let share = (accuracies.upperBound - accuracy) / (accuracies.upperBound - accuracies.lowerBound)
    return Self.top + (Self.height - Self.top - Self.bottom) * share
  }
}
