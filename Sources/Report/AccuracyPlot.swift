import Charts
import Classification
import Foundation
import Study

/// Accuracy against blocks: a line per head with 95 % intervals, baselines dashed, the recommended model
/// ringed.
public struct AccuracyPlot {
  public let svg: String

  /// - Parameter subtitle: how the figures were obtained (examples, seeds, selection).
  public init(_ study: StudyResult, subtitle: String) {
    self.init(study, subtitle: subtitle, recommendation: study.recommendation)
  }

  init(_ study: StudyResult, subtitle: String, recommendation: Recommendation?) {
    let chosen = recommendation?.recommended.variant
    let lines = AccuracyPlot.lines(study.results, chosen: chosen)
    let baselines = Set(study.results.map(\.variant).filter(\.isBaseline).map(\.description))
    let series = Series.apart(5, lines, isLevel: baselines.contains)
    let headline = Headline(study)
    let deepest = study.results.map(\.variant.blockCount).max() ?? 1
    svg =
      Chart(
        "Test \(headline.title) by number of transformer blocks", subtitle: subtitle,
        description: subtitle + ". " + (recommendation?.sentence ?? "").withMinusSigns,
        x: .whole("transformer blocks", 0...max(deepest, 1), inset: 20),
        y: headline.axis(around: series, step: 0.05, about: 8), series: series,
        ring: chosen == nil ? nil : "recommended", layout: Chart.Layout(height: 440, right: 200, top: 62)
      ).svg
  }

  /// Variants of one head and one end of the encoder, shallow to deep; each baseline alone; in the order of
  /// the table.
  private static func lines(
    _ results: [VariantResult], chosen: Variant?
  ) -> [(name: String, points: [Mark.Point])] {
    var lines: [(name: String, points: [Mark.Point])] = []
    for result in results {
      let variant = result.variant
      let point = Mark.Point(
        Double(variant.blockCount), result.testFigure, interval: result.testInterval,
        note: "\(variant): \(result.headline.text(result.testFigure))",
        isRinged: variant == chosen)
      if let index = lines.firstIndex(where: { $0.name == variant.family }) {
        lines[index].points.append(point)
      } else {
        lines.append((variant.family, [point]))
      }
    }
    return lines.map { ($0.name, $0.points.sorted { $0.x < $1.x }) }
  }
}

extension Variant {
  fileprivate var isBaseline: Bool {
    if case .bert = encoder { false } else { true }
  }

  /// What variants that differ in depth alone have in common.
  fileprivate var family: String {
    if isBaseline { return description }
    let isListed = source.contains("+") || Int(source) != nil
    return "\(head.code), \(isListed ? "listed" : source) blocks"
  }
}
