import Charts
import Foundation
import Study
import Training

/// The figure that a study's tables and plots show: accuracy where each text has one class.
struct Headline {
  let metric: Metric

  init(_ study: StudyResult) { metric = study.results.first?.headline ?? .accuracy }

  var title: String { metric.title }

  /// Of gains from one model to the next
  var unit: String { metric.isShare ? "points of test \(title)" : "test \(title), less is better" }

  /// In a cell of a table
  func cell(_ value: Double) -> String {
    String(format: metric.isShare ? "%.2f" : "%.4f", metric.isShare ? value * 100 : value)
  }

  func cell(_ interval: ClosedRange<Double>) -> String {
    "\(cell(interval.lowerBound))–\(cell(interval.upperBound))"
  }

  /// A gain; more is better
  func gain(_ value: Double) -> String {
    String(format: metric.isShare ? "%+.2f" : "%+.4f", metric.isShare ? value * 100 : value)
  }

  func text(_ value: Double) -> String { metric.text(value) }

  /// - Parameter step: what the ends of an axis of shares are multiples of.
  func axis(around values: [Double], step: Double, about count: Int = 5) -> Axis {
    if metric.isShare { return .percent(around: values, step: step, about: count) }
    let spread = (values.max() ?? 1) - (values.min() ?? 0)
    return Axis("", .linear(around: values, step: Headline.round(max(spread, 1e-6) / 10)), about: count)
  }

  func axis(around series: [Series], step: Double, about count: Int) -> Axis {
    if metric.isShare { return .percent(around: series, step: step, about: count) }
    let ends = series.flatMap(\.points).compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] }
    return axis(around: ends, step: step, about: count)
  }

  /// A power of ten.
  private static func round(_ value: Double) -> Double { pow(10, log10(value).rounded()) }
}
