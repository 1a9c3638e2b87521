import Charts
import Classification
import Foundation
import Study

/// Test accuracy against what a model costs, on a logarithmic axis, with the frontier of those that no other
/// beats.
public struct CostPlot {
  private let study: StudyResult
  private let title: String
  private let axis: String
  private let cost: (VariantResult) -> Double
  private let chosen: Variant?

  /// - Parameter cost: positive, in the unit that `axis` names.
  public init(_ study: StudyResult, title: String, axis: String, cost: @escaping (VariantResult) -> Double) {
    self.init(study, title: title, axis: axis, chosen: study.recommendation?.recommended.variant, cost: cost)
  }

  init(
    _ study: StudyResult, title: String, axis: String, chosen: Variant?,
    cost: @escaping (VariantResult) -> Double
  ) {
    self.study = study
    self.title = title
    self.axis = axis
    self.cost = cost
    self.chosen = chosen
  }

  public var svg: String {
    let frontier = study.frontier(by: cost)
    let best = Set(frontier.map(\.variant.description))
    let others = study.results.filter { !best.contains($0.variant.description) }
    var marks: [Mark] = [
      .line(frontier.map { point($0) }, Mark.Style(Palette.blue, dash: "5 4", width: 1.5)),
      .dots(others.map { point($0) }, Mark.Style(Palette.grey), radius: 4.5),
      .dots(frontier.map { point($0, isNamed: true) }, Mark.Style(Palette.blue), radius: 4.5),
    ]
    let ringed = study.results.filter { $0.variant == chosen }
    marks += ringed.map { .ring(point($0), shift: 0) }
    let accuracies = study.results.flatMap { [$0.testAccuracy - 0.01, $0.testAccuracy + 0.01] }
    let panel = Panel(
      x: Axis(axis, .logarithmic(around: study.results.map(cost), margin: 1.15)),
      y: .percent(around: accuracies, step: 0.02), marks: marks)
    let names = frontier.map(\.variant.description).joined(separator: ", ")
    return Chart(title, description: "On the frontier: \(names).", panels: [panel]).svg
  }

  private func point(_ result: VariantResult, isNamed: Bool = false) -> Mark.Point {
    let name = result.variant.description
    let figures = String(format: "%.2f %%, %.4g", result.testAccuracy * 100, cost(result))
    return Mark.Point(
      cost(result), result.testAccuracy, note: "\(name): \(figures) \(axis)", label: isNamed ? name : nil)
  }
}
