import Foundation

/// An axis of a panel: a scale, the values that are written beside it, and its title.
public struct Axis: Sendable {
  public struct Tick: Sendable {
    public let value: Double
    public let label: String

    public init(_ value: Double, _ label: String) {
      self.value = value
      self.label = label
    }
  }

  public let title: String
  public let scale: Scale
  public let ticks: [Tick]
  /// Pixels between the panel's edge and the domain's ends.
  public let inset: Double

  public init(_ title: String = "", _ scale: Scale, ticks: [Tick], inset: Double = 0) {
    self.title = title
    self.scale = scale
    self.ticks = ticks
    self.inset = inset
  }

  /// With ticks on round values, written as `format` says.
  public init(
    _ title: String = "", _ scale: Scale, about count: Int = 5, inset: Double = 0,
    format: (Double) -> String = Axis.plain
  ) {
    let ticks = scale.ticks(about: count).map { Tick($0, format($0)) }
    self.init(title, scale, ticks: ticks, inset: inset)
  }

  /// Shares as percent, around the values.
  /// - Parameter step: what the axis' ends are multiples of.
  public static func percent(around shares: [Double], step: Double, about count: Int = 5) -> Axis {
    Axis("", .linear(around: shares, step: step), about: count, format: percent)
  }

  /// Whole numbers on an even scale, each written unless `isWritten` says otherwise.
  public static func whole(
    _ title: String, _ numbers: ClosedRange<Int>, inset: Double, isWritten: (Int) -> Bool = { _ in true }
  ) -> Axis {
    Axis(
      title, Scale(.linear, Double(numbers.lowerBound)...Double(numbers.upperBound)),
      ticks: numbers.filter(isWritten).map { Tick(Double($0), String($0).withMinusSigns) }, inset: inset)
  }

  /// `0.25`, `3`, `2e+06`
  public static func plain(_ value: Double) -> String { String(format: "%.6g", value).withMinusSigns }

  /// A share as percent, with as many decimals as it needs to be told from its neighbours.
  public static func percent(_ share: Double) -> String {
    let value = share * 100
    let isWhole = abs(value - value.rounded()) < 1e-6
    return String(format: isWhole ? "%.0f\u{202F}%%" : "%.1f\u{202F}%%", value).withMinusSigns
  }
}
