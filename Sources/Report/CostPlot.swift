import Classification
import Foundation
import Study

/// Test accuracy against what a model costs, on a logarithmic axis, with the frontier of those that no other beats.
public struct CostPlot {
  private let study: StudyResult
  private let title: String
  private let axis: String
  private let cost: (VariantResult) -> Double
  private let low: Double
  private let high: Double
  private let cheapest: Double
  private let dearest: Double

  private static let width = 760.0, height = 400.0, left = 64.0, right = 40.0, top = 46.0, bottom = 52.0

  /// - Parameter cost: positive, in the unit that `axis` names.
  public init(_ study: StudyResult, title: String, axis: String, cost: @escaping (VariantResult) -> Double) {
    self.study = study
    self.title = title
    self.axis = axis
    self.cost = cost
    let accuracies = study.results.map(\.testAccuracy)
    low = (((accuracies.min() ?? 0) - 0.01) * 50).rounded(.down) / 50
    high = max(low + 0.04, (((accuracies.max() ?? 1) + 0.01) * 50).rounded(.up) / 50)
    let costs = study.results.map(cost)
    cheapest = (costs.min() ?? 1) / 1.15
    dearest = max((costs.max() ?? 1) * 1.15, cheapest * 1.5)
  }

  public var svg: String {
    let best = study.frontier(by: cost)
    let names = best.map(\.variant.description).joined(separator: ", ")
    var out = PlotStyle.open(
      width: Self.width, height: Self.height, title: title, description: "On the frontier: \(names).")
    out += PlotStyle.text(title, x: Self.left, y: 26, style: "ink", size: 16) + axes
    let steps = best.map { "\(PlotStyle.fixed(x(cost($0)))),\(PlotStyle.fixed(y($0.testAccuracy)))" }
    out +=
      "<polyline points=\"\(steps.joined(separator: " "))\" fill=\"none\" stroke=\"#0072B2\" stroke-width=\"1.5\" stroke-dasharray=\"5 4\"/>\n"
    let chosen = study.recommendation?.recommended.variant
    for result in study.results {
      let (place, height) = (x(cost(result)), y(result.testAccuracy))
      let isBest = best.contains { $0.variant == result.variant }
      let name = result.variant.description
      out +=
        "<circle cx=\"\(PlotStyle.fixed(place))\" cy=\"\(PlotStyle.fixed(height))\" r=\"4.5\" fill=\"\(isBest ? "#0072B2" : "#8A8A8A")\">"
      out +=
        "<title>\(escape(name)): \(String(format: "%.2f %%, %.4g", result.testAccuracy * 100, cost(result))) \(escape(axis))</title></circle>\n"
      if result.variant == chosen {
        out +=
          "<circle class=\"mark\" cx=\"\(PlotStyle.fixed(place))\" cy=\"\(PlotStyle.fixed(height))\" r=\"9\" fill=\"none\" stroke-width=\"1.5\"/>\n"
      }
      if isBest { out += PlotStyle.text(name, x: place, y: height - 12, anchor: "middle", style: "ink") }
    }
    return out + "</svg>\n"
  }

  private func x(_ cost: Double) -> Double {
    Self.left + (Self.width - Self.left - Self.right) * (log(cost) - log(cheapest))
      / (log(dearest) - log(cheapest))
  }

  private func y(_ accuracy: Double) -> Double {
    Self.top + (Self.height - Self.top - Self.bottom) * (high - accuracy) / (high - low)
  }

  /// Powers of ten with their doubles and halves; even steps where those would be too few.
  private var ticks: [Double] {
    let decades = Int(floor(log10(cheapest)))...Int(ceil(log10(dearest)))
    let powers = decades.flatMap { decade in [1, 2, 5].map { $0 * pow(10, Double(decade)) } }.filter {
      $0 >= cheapest && $0 <= dearest
    }
    if powers.count >= 3 { return powers }
    let step = pow(10, floor(log10((dearest - cheapest) / 2)))
    let even = [5, 2, 1].map { $0 * step }.first { (dearest - cheapest) / $0 >= 3 } ?? step
    return Array(stride(from: (cheapest / even).rounded(.up) * even, through: dearest, by: even))
  }

  private var axes: String {
    var out = ""
    let step = high - low > 0.3 ? 0.1 : high - low > 0.12 ? 0.05 : 0.02
    for tick in stride(from: (low / step).rounded(.up) * step, through: high + 1e-9, by: step) {
      out += PlotStyle.line(Self.left, y(tick), Self.width - Self.right, y(tick))
      out += PlotStyle.text(
        "\(Int((tick * 100).rounded()))\u{202F}%", x: Self.left - 8, y: y(tick) + 4, anchor: "end")
    }
    for tick in ticks {
      out += PlotStyle.text(
        String(format: "%g", tick), x: x(tick), y: Self.height - Self.bottom + 20, anchor: "middle")
    }
    return out
      + PlotStyle.text(
        axis, x: (Self.left + Self.width - Self.right) / 2, y: Self.height - 12, anchor: "middle")
  }
}
