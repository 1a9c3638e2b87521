import Foundation
import Study
import Training

/// Training loss and the accuracy that epochs are selected on, epoch by epoch, a line a variant (its first seed).
public struct EpochPlot {
  private let study: StudyResult
  private let series: [(name: String, epochs: [EpochRecord], peak: Int)]
  private static let width = 760.0, panel = 256.0, height = 330.0, top = 46.0, bottom = 48.0

  public init(_ study: StudyResult) {
    self.study = study
    series = study.results.map { ($0.variant.description, $0.runs[0].epochs, $0.runs[0].peakEpoch) }
  }

  public var svg: String {
    let split = study.selectedOnTest ? "test" : "validation"
    var out = PlotStyle.open(
      width: Self.width, height: max(Self.height, Self.top + Double(series.count) * 18 + 20),
      title: "Epoch by epoch",
      description: "Training loss and \(split) accuracy of \(series.map(\.name).joined(separator: ", ")).")
    out += panel("training loss", left: 52, format: "%.2f") { $0.trainLoss }
    out += panel("\(split) accuracy", left: 52 + Self.panel + 40, format: "%.0f\u{202F}%%", scale: 100) {
      ($0.test ?? $0.validation)?.accuracy ?? 0
    }
    for (index, entry) in series.enumerated() {
      out += PlotStyle.key(entry.name, index, x: 618, y: Self.top + Double(index) * 18)
    }
    return out + "</svg>\n"
  }

  private func panel(
    _ title: String, left: Double, format: String, scale: Double = 1, _ value: (EpochRecord) -> Double
  ) -> String {
    let values = series.flatMap { $0.epochs.map(value) }
    let (low, high) = (values.min() ?? 0, max(values.max() ?? 1, (values.min() ?? 0) + 1e-6))
    let longest = max(series.map(\.epochs.count).max() ?? 1, 2)
    func x(_ epoch: Int) -> Double { left + Self.panel * Double(epoch - 1) / Double(longest - 1) }
    func y(_ value: Double) -> Double {
      Self.top + (Self.height - Self.top - Self.bottom) * (high - value) / (high - low)
    }
    var out = PlotStyle.text(title, x: left, y: 26, style: "ink", size: 14)
    for step in 0...4 {
      let tick = low + (high - low) * Double(step) / 4
      out += PlotStyle.line(left, y(tick), left + Self.panel, y(tick))
      out += PlotStyle.text(String(format: format, tick * scale), x: left - 6, y: y(tick) + 4, anchor: "end")
    }
    for epoch in 1...longest where longest <= 12 || epoch % 5 == 0 {
      out += PlotStyle.text(String(epoch), x: x(epoch), y: Self.height - Self.bottom + 20, anchor: "middle")
    }
    out += PlotStyle.text("epoch", x: left + Self.panel / 2, y: Self.height - 10, anchor: "middle")
    for (index, entry) in series.enumerated() {
      let points = entry.epochs.map { "\(PlotStyle.fixed(x($0.epoch))),\(PlotStyle.fixed(y(value($0))))" }
      out +=
        "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(PlotStyle.colour(index))\" stroke-width=\"1.8\"\(PlotStyle.dash(index))/>\n"
      let peak = entry.epochs[entry.peak - 1]
      out +=
        "<circle cx=\"\(PlotStyle.fixed(x(peak.epoch)))\" cy=\"\(PlotStyle.fixed(y(value(peak))))\" r=\"3.5\" fill=\"\(PlotStyle.colour(index))\"><title>\(escape(entry.name)): kept epoch \(peak.epoch)</title></circle>\n"
    }
    return out
  }
}
