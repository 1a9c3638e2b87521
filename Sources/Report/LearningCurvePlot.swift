import Charts
import Foundation
import Study

/// Test accuracy against training examples, on a logarithmic axis: a line per variant, with 95 % intervals.
public struct LearningCurvePlot {
  private let counts: [Int]
  private let series: [(name: String, points: [Mark.Point])]

  public init(_ study: StudyResult) {
    let studies = study.smallerStudies + [study]
    counts = studies.compactMap(\.trainingExamples)
    series = study.results.map { result in
      let name = result.variant.description
      let points = studies.compactMap { part -> Mark.Point? in
        guard let count = part.trainingExamples else { return nil }
        guard let same = part.results.first(where: { $0.variant == result.variant }) else { return nil }
        let accuracy = LearningCurvePlot.percent(same.testAccuracy)
        return Mark.Point(
          Double(count), same.testAccuracy, interval: same.testInterval,
          note: "\(name), \(count) examples: \(accuracy)")
      }
      return (name, points)
    }
  }

  public var svg: String {
    let panel = Panel(
      x: Axis(
        "training examples (logarithmic)", .logarithmic(around: counts.map(Double.init)),
        ticks: counts.map { Axis.Tick(Double($0), String($0)) }, inset: 20),
      y: .percent(around: Mark.ends(series.flatMap(\.points)), step: 0.05, about: 8),
      marks: series.indices.flatMap { Mark.series(series[$0].points, style($0), radius: 4) })
    return Chart(
      "Test accuracy by number of training examples", description: description, panels: [panel],
      keys: series.enumerated().map { Chart.Key($1.name, style($0)) }, layout: Chart.Layout(right: 170)
    ).svg
  }

  private func style(_ index: Int) -> Mark.Style { Mark.Style(series: index, of: series.count, apart: 3) }

  private var description: String {
    let lines = series.map { entry in
      let points = entry.points.map { "\(Int($0.x)) examples \(LearningCurvePlot.percent($0.y))" }
      return "\(entry.name): " + points.joined(separator: ", ")
    }
    return lines.joined(separator: ". ")
  }

  private static func percent(_ share: Double) -> String { String(format: "%.2f\u{202F}%%", share * 100) }
}
