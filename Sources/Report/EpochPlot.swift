import Charts
import Foundation
import Study
import Training

/// Training loss and the accuracy that epochs are selected on, epoch by epoch, a line per variant (its first seed).
public struct EpochPlot {
  private let split: String
  private let series: [(name: String, epochs: [EpochRecord], peak: Int)]

  public init(_ study: StudyResult) {
    split = study.selectedOnTest ? "test" : "validation"
    series = study.results.map { ($0.variant.description, $0.runs[0].epochs, $0.runs[0].peakEpoch) }
  }

  public var svg: String {
    var layout = Chart.Layout()
    (layout.height, layout.left, layout.right, layout.top, layout.gap) = (340, 52, 170, 66, 56)
    return Chart(
      "Epoch by epoch",
      description: "Training loss and \(split) accuracy of \(series.map(\.name).joined(separator: ", ")).",
      panels: [
        panel("training loss", step: 0.1, format: Axis.plain) { $0.trainLoss },
        panel("\(split) accuracy", step: 0.02, format: Axis.percent) {
          ($0.test ?? $0.validation)?.accuracy ?? 0
        },
      ],
      keys: series.enumerated().map { Chart.Key($1.name, Mark.Style(series: $0)) }, layout: layout
    ).svg
  }

  private func panel(
    _ title: String, step: Double, format: (Double) -> String, _ value: (EpochRecord) -> Double
  ) -> Panel {
    let values = series.flatMap { $0.epochs.map(value) }
    let longest = max(series.map(\.epochs.count).max() ?? 1, 2)
    let ticks = (1...longest).filter { longest <= 12 || $0 % max(longest / 50 * 5, 5) == 0 }
    let marks = series.enumerated().flatMap { index, entry -> [Mark] in
      let style = Mark.Style(series: index, width: 1.8)
      let peak = entry.epochs[entry.peak - 1]
      let note = "\(entry.name): kept epoch \(peak.epoch)"
      return [
        .line(entry.epochs.map { Mark.Point(Double($0.epoch), value($0)) }, style),
        .dots([Mark.Point(Double(peak.epoch), value(peak), note: note)], style, radius: 3.5),
      ]
    }
    return Panel(
      title,
      x: Axis(
        "epoch", Scale(.linear, 1...Double(longest)), ticks: ticks.map { Axis.Tick(Double($0), String($0)) },
        inset: 6),
      y: Axis("", .linear(around: values, step: step), format: format), marks: marks)
  }
}
