import Charts
import Classification
import Foundation
import Study

/// Accuracy against blocks: a line per head with 95 % intervals, baselines dashed, the recommended model
/// ringed.
public struct AccuracyPlot {
  private struct Series {
    let title: String
    var results: [VariantResult]
    let isBaseline: Bool
  }

  private let chosen: VariantResult?
  private let description: String
  private let subtitle: String
  private let series: [Series]

  /// - Parameter subtitle: how the figures were obtained (examples, seeds, selection).
  public init(_ study: StudyResult, subtitle: String) {
    self.init(study, subtitle: subtitle, recommendation: study.recommendation)
  }

  init(_ study: StudyResult, subtitle: String, recommendation: Recommendation?) {
    chosen = recommendation?.recommended
    description = subtitle + ". " + (recommendation?.sentence ?? "")
    self.subtitle = subtitle
    series = AccuracyPlot.series(study.results)
  }

  public var svg: String {
    let points = series.flatMap(\.results).map(point)
    let deepest = max(1, Int(points.map(\.x).max() ?? 1))
    let panel = Panel(
      x: .whole("transformer blocks", 0...deepest, inset: 20),
      y: .percent(around: Mark.ends(points), step: 0.05, about: 8),
      marks: series.indices.flatMap(marks))
    let keys = series.enumerated().map { Chart.Key($1.title, style($0)) }
    return Chart(
      "Test accuracy by number of transformer blocks", subtitle: subtitle, description: description,
      panels: [panel], keys: keys + (chosen == nil ? [] : [Chart.Key(ring: "recommended")]),
      layout: Chart.Layout(height: 440, right: 200, top: 62)
    ).svg
  }

  private func point(_ result: VariantResult) -> Mark.Point {
    Mark.Point(
      Double(result.variant.blockCount), result.testAccuracy, interval: result.testInterval,
      note: String(format: "%@: %.2f %%", result.variant.description, result.testAccuracy * 100))
  }

  private func style(_ index: Int) -> Mark.Style {
    if series[index].isBaseline { return Mark.Style(Palette.colour(index), dash: "6 4", width: 1.5) }
    return Mark.Style(series: index, of: series.count, apart: 5)
  }

  private func marks(_ index: Int) -> [Mark] {
    let results = series[index].results
    var marks: [Mark]
    if series[index].isBaseline {
      marks = results.map { .level($0.testAccuracy, style(index)) }
    } else {
      marks = Mark.series(results.map(point), style(index))
    }
    if let chosen = results.first(where: { $0.variant == chosen?.variant }) {
      marks.append(.ring(point(chosen), shift: style(index).shift))
    }
    return marks
  }

  /// Variants of one head and one end of the encoder, shallow to deep; each baseline alone.
  private static func series(_ results: [VariantResult]) -> [Series] {
    var all: [Series] = []
    for result in results.sorted(by: { $0.variant.blockCount < $1.variant.blockCount }) {
      let title = title(result.variant)
      if let index = all.firstIndex(where: { $0.title == title.text }) {
        all[index].results.append(result)
      } else {
        all.append(Series(title: title.text, results: [result], isBaseline: title.isBaseline))
      }
    }
    // In the order of the table.
    let order = results.map { AccuracyPlot.title($0.variant).text }
    return all.sorted { order.firstIndex(of: $0.title)! < order.firstIndex(of: $1.title)! }
  }

  private static func title(_ variant: Variant) -> (text: String, isBaseline: Bool) {
    guard case .bert = variant.encoder else { return (variant.description, true) }
    let isListed = variant.source.contains("+") || Int(variant.source) != nil
    return ("\(variant.head.code), \(isListed ? "listed" : variant.source) blocks", false)
  }
}
