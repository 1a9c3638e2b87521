import Charts
import Foundation
import Study

/// Test accuracy against training examples, on a logarithmic axis: a line per variant, with 95 % intervals.
public struct LearningCurvePlot {
  public let svg: String

  public init(_ study: StudyResult) {
    let studies = study.smallerStudies + [study]
    let counts = studies.compactMap(\.trainingExamples)
    let headline = Headline(study)
    func percent(_ value: Double) -> String { headline.text(value).replacing(" ", with: "\u{202F}") }
    let lines = study.results.map { result in
      let name = result.variant.description
      let points = studies.compactMap { part -> Mark.Point? in
        guard let count = part.trainingExamples else { return nil }
        guard let same = part.results.first(where: { $0.variant == result.variant }) else { return nil }
        return Mark.Point(
          Double(count), same.testFigure, interval: same.testInterval,
          note: "\(name), \(count) examples: \(percent(same.testFigure))")
      }
      return (name: name, points: points)
    }
    let inWords = lines.map { name, points in
      "\(name): " + points.map { "\(Int($0.x)) examples \(percent($0.y))" }.joined(separator: ", ")
    }
    let series = Series.apart(3, lines)
    svg =
      Chart(
        "Test \(headline.title) by number of training examples", description: inWords.joined(separator: ". "),
        x: Axis(
          "training examples (logarithmic)", .logarithmic(around: counts.map(Double.init)),
          ticks: counts.map { Axis.Tick(Double($0), String($0)) }, inset: 20),
        y: headline.axis(around: series, step: 0.05, about: 8), series: series, radius: 4,
        layout: Chart.Layout(right: 170)
      ).svg
  }
}
