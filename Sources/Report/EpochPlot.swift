import Charts
import Foundation
import Study
import Training

/// Training loss and the accuracy that epochs are selected on, epoch by epoch, a line per variant (its first
/// seed).
public struct EpochPlot {
  private let split: String
  private let series: [(name: String, epochs: [EpochRecord], peak: Int)]

  public init(_ study: StudyResult) {
    split = study.selectedOnTest ? "test" : "validation"
    series = study.results.map { ($0.variant.description, $0.runs[0].epochs, $0.runs[0].peakEpoch) }
  }

  public var svg: String {
    Chart(
      "Epoch by epoch",
      description: "Training loss and \(split) accuracy of \(series.map(\.name).joined(separator: ", ")).",
      panels: [
        panel("training loss", { $0.trainLoss }) { Axis("", .linear(around: $0, step: 0.1)) },
        panel("\(split) accuracy", { ($0.test ?? $0.validation)?.accuracy ?? 0 }) {
          .percent(around: $0, step: 0.02)
        },
      ],
      keys: series.enumerated().map { Chart.Key($1.name, Mark.Style(series: $0)) },
      layout: Chart.Layout(height: 340, left: 52, right: 170, top: 66, gap: 56)
    ).svg
  }

  private func panel(
    _ title: String, _ value: (EpochRecord) -> Double, axis: ([Double]) -> Axis
  ) -> Panel {
    let longest = max(series.map(\.epochs.count).max() ?? 1, 2)
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
      x: .whole("epoch", 1...longest, inset: 6) { longest <= 12 || $0 % max(longest / 50 * 5, 5) == 0 },
      y: axis(series.flatMap { $0.epochs.map(value) }), marks: marks)
  }
}
