import Charts
import Foundation
import Study
import Training

/// Training loss and the accuracy that epochs are selected on, epoch by epoch, a line per variant (its first
/// seed).
public struct EpochPlot {
  public let svg: String

  public init(_ study: StudyResult) {
    let runs = study.results.map(\.runs[0])
    let names = study.results.map(\.variant.description)
    let longest = max(runs.map(\.epochs.count).max() ?? 1, 2)
    func panel(_ title: String, _ value: (EpochRecord) -> Double, axis: ([Double]) -> Axis) -> Panel {
      let marks = zip(names, runs).enumerated().flatMap { index, entry -> [Mark] in
        let (name, run) = entry
        let points = run.epochs.map { epoch in
          Mark.Point(Double(epoch.epoch), value(epoch), note: "\(name): kept epoch \(epoch.epoch)")
        }
        let style = Mark.Style(series: index, width: 1.8)
        return [.line(points, style), .dots([points[run.peakEpoch - 1]], style, radius: 3.5)]
      }
      return Panel(
        title,
        x: .whole("epoch", 1...longest, inset: 6) { longest <= 12 || $0 % max(longest / 50 * 5, 5) == 0 },
        y: axis(runs.flatMap { $0.epochs.map(value) }), marks: marks)
    }
    let headline = Headline(study)
    let split = study.selectedOnTest ? "test" : "validation"
    let loss = panel("training loss", { $0.trainLoss }) { Axis("", .linear(around: $0, step: 0.1)) }
    let accuracy = panel("\(split) \(headline.title)", { ($0.test ?? $0.validation)?[headline.metric] ?? 0 })
    {
      headline.axis(around: $0, step: 0.02)
    }
    svg =
      Chart(
        "Epoch by epoch",
        description: "Training loss and \(split) \(headline.title) of \(names.joined(separator: ", ")).",
        panels: [loss, accuracy],
        keys: names.enumerated().map { Chart.Key($1, Mark.Style(series: $0)) },
        layout: Chart.Layout(height: 340, left: 52, right: 170, top: 66, gap: 56)
      ).svg
  }
}
