import Charts
import Foundation
import Study

/// Test accuracy against training examples, on a logarithmic axis: a line per variant, with 95 % intervals.
public struct LearningCurvePlot {
  public let svg: String

  public init(_ study: StudyResult) {
    let studies = study.smallerStudies + [study]
    let counts = studies.compactMap(\.trainingExamples)
    func percent(_ share: Double) -> String { String(format: "%.2f\u{202F}%%", share * 100) }
    let lines = study.results.map { result in
      let name = result.variant.description
      let points = studies.compactMap { part -> Mark.Point? in
        guard let count = part.trainingExamples else { return nil }
        guard let same = part.results.first(where: { $0.variant == result.variant }) else { return nil }
        return Mark.Point(
          Double(count), same.testAccuracy, interval: same.testInterval,
          note: "\(name), \(count) examples: \(percent(same.testAccuracy))")
      }
      return (name: name, points: points)
    }
    let inWords = lines.map { name, points in
      "\(name): " + points.map { "\(Int($0.x)) examples \(percent($0.y))" }.joined(separator: ", ")
    }
    let series = Series.apart(3, lines)
    svg =
      Chart(
        "Test accuracy by number of training examples", description: inWords.joined(separator: ". "),
        x: Axis(
          "training examples (logarithmic)", .logarithmic(around: counts.map(Double.init)),
          ticks: counts.map { Axis.Tick(Double($0), String($0)) }, inset: 20),
        y: .percent(around: series, step: 0.05, about: 8), series: series, radius: 4,
        layout: Chart.Layout(right: 170)
      ).svg
  }
}
