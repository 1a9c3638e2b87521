/// The straight line that fits points best: least squares.
public struct StraightLine: Sendable {
  public let slope: Double
  public let intercept: Double
  /// The share of the variance that it explains.
  public let explained: Double

  public init(fitting points: [(x: Double, y: Double)]) {
    let count = Double(points.count)
    let x = points.reduce(0) { $0 + $1.x } / count
    let y = points.reduce(0) { $0 + $1.y } / count
    let xx = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    let xy = points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) }
    let yy = points.reduce(0) { $0 + ($1.y - y) * ($1.y - y) }
    slope = xx > 0 ? xy / xx : 0
    intercept = y - slope * x
    explained = xx * yy > 0 ? xy * xy / (xx * yy) : 1
  }

  /// From the axis that it meets first, up to `right`.
  public func mark(to right: Double, _ style: Mark.Style) -> Mark {
    let left = intercept < 0 && slope > 0 ? -intercept / slope : 0
    return .line([left, right].map { Mark.Point($0, intercept + slope * $0) }, style)
  }
}
