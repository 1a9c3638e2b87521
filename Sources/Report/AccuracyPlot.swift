import Classification
import Foundation
import Study

/// Accuracy against blocks as SVG: a line a head with 95 % intervals, baselines dashed, the recommended model ringed.
public struct AccuracyPlot {
  private struct Series {
    let title: String
    let results: [VariantResult]
    let isBaseline: Bool
  }

  private let study: StudyResult
  private let subtitle: String
  private let series: [Series]
  private let low: Double
  private let high: Double
  private let deepest: Int

  private static let width = 760.0
  private static let height = 440.0
  private static let left = 64.0
  private static let right = 200.0
  private static let top = 62.0
  private static let bottom = 52.0

  /// - Parameter subtitle: how the figures were obtained (examples, seeds, selection).
  public init(_ study: StudyResult, subtitle: String) {
    self.study = study
    self.subtitle = subtitle
    var families: [(title: String, results: [VariantResult], isBaseline: Bool)] = []
    for result in study.results {
      let isBaseline: Bool
      if case .bert = result.variant.encoder { isBaseline = false } else { isBaseline = true }
      var title =
        isBaseline
        ? result.variant.description : "\(result.variant.head.rawValue), \(result.variant.source) blocks"
      if !isBaseline, result.variant.source.contains("+") || Int(result.variant.source) != nil {
        title = "\(result.variant.head.rawValue), listed blocks"
      }
      if let index = families.firstIndex(where: { $0.title == title }) {
        families[index].results.append(result)
      } else {
        families.append((title, [result], isBaseline))
      }
    }
    series = families.map {
      Series(
        title: $0.title, results: $0.results.sorted { $0.variant.blockCount < $1.variant.blockCount },
        isBaseline: $0.isBaseline)
    }
    let ends = study.results.flatMap { [$0.testInterval.lowerBound, $0.testInterval.upperBound] }
    low = ((ends.min() ?? 0) * 20).rounded(.down) / 20
    high = max(low + 0.05, ((ends.max() ?? 1) * 20).rounded(.up) / 20)
    deepest = max(1, study.results.map(\.variant.blockCount).max() ?? 1)
  }

  public var svg: String {
    var out = PlotStyle.open(
      width: Self.width, height: Self.height, title: "Test accuracy by number of transformer blocks",
      description: subtitle + ". " + (study.recommendation?.sentence ?? ""))
    out += PlotStyle.text(
      "Test accuracy by number of transformer blocks", x: Self.left, y: 24, style: "ink", size: 16)
    out += PlotStyle.text(subtitle, x: Self.left, y: 43)
    out += axes
    for (index, entry) in series.enumerated() { out += draw(entry, index) }
    if let chosen = study.recommendation?.recommended { out += ring(chosen) }
    return out + "</svg>\n"
  }

  private func x(_ blocks: Int, shift: Double = 0) -> Double {
    let room = Self.width - Self.left - Self.right - 40
    return Self.left + 20 + room * Double(blocks) / Double(deepest) + shift
  }

  private func y(_ accuracy: Double) -> Double {
    Self.top + (Self.height - Self.top - Self.bottom) * (high - accuracy) / (high - low)
  }

  private var axes: String {
    let plotRight = Self.width - Self.right
    var out = ""
    let step = high - low > 0.3 ? 0.1 : high - low > 0.12 ? 0.05 : 0.01
    for tick in stride(from: low, through: high + 1e-9, by: step) {
      out += PlotStyle.line(Self.left, y(tick), plotRight, y(tick))
      out += PlotStyle.text(
        "\(Int((tick * 100).rounded()))\u{202F}%", x: Self.left - 8, y: y(tick) + 4, anchor: "end")
    }
    for blocks in 0...deepest {
      out += PlotStyle.text(String(blocks), x: x(blocks), y: Self.height - Self.bottom + 20, anchor: "middle")
    }
    return out
      + PlotStyle.text(
        "transformer blocks", x: (Self.left + plotRight) / 2, y: Self.height - 12, anchor: "middle")
  }

  private func draw(_ entry: Series, _ index: Int) -> String {
    let colour = PlotStyle.colour(index)
    let legendY = Self.top + 8 + Double(index) * 21
    let legendX = Self.width - Self.right + 16
    var out = "<g stroke=\"\(colour)\" fill=\"\(colour)\">\n"
    // Series stand a little apart, so that intervals at the same depth can be read.
    let shift = (Double(index) - Double(series.count - 1) / 2) * 5
    if entry.isBaseline {
      let place = fixed(y(entry.results[0].testAccuracy))
      out +=
        "<line x1=\"\(Self.left)\" y1=\"\(place)\" x2=\"\(Self.width - Self.right)\" y2=\"\(place)\" stroke-dasharray=\"6 4\" stroke-width=\"1.5\"/>\n"
    } else {
      let points = entry.results.map {
        "\(fixed(x($0.variant.blockCount, shift: shift))),\(fixed(y($0.testAccuracy)))"
      }
      out += "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke-width=\"2\"/>\n"
      for result in entry.results {
        let place = fixed(x(result.variant.blockCount, shift: shift))
        let interval = result.testInterval
        out +=
          "<line x1=\"\(place)\" y1=\"\(fixed(y(interval.upperBound)))\" x2=\"\(place)\" y2=\"\(fixed(y(interval.lowerBound)))\" stroke-width=\"1\" stroke-opacity=\"0.6\"/>\n"
        out +=
          "<circle cx=\"\(place)\" cy=\"\(fixed(y(result.testAccuracy)))\" r=\"3.5\"><title>\(escape(result.variant.description)): \(String(format: "%.2f", result.testAccuracy * 100)) %</title></circle>\n"
      }
    }
    let dash = entry.isBaseline ? " stroke-dasharray=\"6 4\"" : ""
    out +=
      "<line x1=\"\(legendX)\" y1=\"\(legendY)\" x2=\"\(legendX + 24)\" y2=\"\(legendY)\" stroke-width=\"2\"\(dash)/></g>\n"
    return out + PlotStyle.text(entry.title, x: legendX + 31, y: legendY + 4, style: "ink")
  }

  private func ring(_ result: VariantResult) -> String {
    guard let index = series.firstIndex(where: { $0.results.contains { $0.variant == result.variant } })
    else { return "" }
    let legendY = Self.top + 8 + Double(series.count) * 21 + 4
    let legendX = Self.width - Self.right + 16
    let shift = series[index].isBaseline ? 0 : (Double(index) - Double(series.count - 1) / 2) * 5
    let centre =
      "cx=\"\(fixed(x(result.variant.blockCount, shift: shift)))\" cy=\"\(fixed(y(result.testAccuracy)))\""
    return "<circle class=\"mark\" \(centre) r=\"9\" fill=\"none\" stroke-width=\"1.5\"/>\n"
      + "<circle class=\"mark\" cx=\"\(legendX + 12)\" cy=\"\(legendY)\" r=\"7\" fill=\"none\" stroke-width=\"1.5\"/>\n"
      + PlotStyle.text("recommended", x: legendX + 31, y: legendY + 4, style: "ink")
  }

  private func fixed(_ value: Double) -> String { PlotStyle.fixed(value) }
}
