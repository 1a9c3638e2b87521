import Foundation

/// Seconds in words, for tables and progress: `12.3 s`, `2:05 min`, `1:40 h`.
public struct ElapsedTime: CustomStringConvertible {
  private let seconds: Double

  public init(_ seconds: Double) { self.seconds = seconds }

  public var description: String {
    let whole = Int(seconds.rounded())
    if whole < 60 { return String(format: "%.1f s", seconds) }
    return whole < 3600
      ? String(format: "%d:%02d min", whole / 60, whole % 60)
      : String(format: "%d:%02d h", whole / 3600, whole % 3600 / 60)
  }
}
