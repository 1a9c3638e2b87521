import Charts
import Classification
import Foundation
import Study

/// Test accuracy against what a model costs, on a logarithmic axis, with the frontier of those that no other
/// beats.
public struct CostPlot {
  public let svg: String

  /// - Parameter cost: positive, in the unit that `axis` names.
  public init(_ study: StudyResult, title: String, axis: String, cost: @escaping (VariantResult) -> Double) {
    self.init(study, title: title, axis: axis, chosen: study.recommendation?.recommended.variant, cost: cost)
  }

  init(
    _ study: StudyResult, title: String, axis: String, chosen: Variant?, cost: (VariantResult) -> Double
  ) {
    let headline = Headline(study)
    let frontier = study.frontier(by: cost)
    let names = frontier.map(\.variant.description)
    func points(_ results: [VariantResult]) -> [Mark.Point] {
      results.map { result in
        let name = result.variant.description
        let figures = headline.text(result.testFigure) + String(format: ", %.4g", cost(result))
        return Mark.Point(
          cost(result), result.testFigure, note: "\(name): \(figures) \(axis)",
          label: names.contains(name) ? name : nil, isRinged: result.variant == chosen)
      }
    }
    let others = study.results.filter { !names.contains($0.variant.description) }
    let panel = Panel(
      x: Axis(axis, .logarithmic(around: study.results.map(cost), margin: 1.15)),
      y: headline.axis(
        around: study.results.flatMap { [$0.testFigure - 0.01, $0.testFigure + 0.01] }, step: 0.02),
      marks: [
        .line(points(frontier), Mark.Style(Palette.blue, dash: "5 4", width: 1.5)),
        .dots(points(others), Mark.Style(Palette.grey), radius: 4.5),
        .dots(points(frontier), Mark.Style(Palette.blue), radius: 4.5),
      ])
    svg =
      Chart(title, description: "On the frontier: \(names.joined(separator: ", ")).", panels: [panel]).svg
  }
}
