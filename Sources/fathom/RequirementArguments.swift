import ArgumentParser
import Study

/// What the recommended model must keep to.
struct RequirementArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Recommend the smallest model at most this far below the best, instead of not significantly worse.", valueName: "points"))
  var within: Double?

  @Option(help: ArgumentHelp("Recommend no larger model (100MB, 1.5GB).", valueName: "size"))
  var sizeLimit: String?

  @Option(help: ArgumentHelp("Recommend no slower model, one text at a time (5ms, 0.1s).", valueName: "time"))
  var latencyLimit: String?

  var value: Requirements {
    Requirements(
      withinPoints: within, sizeLimitBytes: sizeLimit.flatMap { Self.parse($0, ["kb": 1e3, "mb": 1e6, "gb": 1e9]) }.map { Int($0) },
      latencyLimitMilliseconds: latencyLimit.flatMap { Self.parse($0, ["ms": 1, "s": 1000]) })
  }

  func validate() throws {
    if let within, within < 0 { throw ValidationError("--within must not be negative") }
    if let sizeLimit, Self.parse(sizeLimit, ["kb": 1e3, "mb": 1e6, "gb": 1e9]) == nil {
      throw ValidationError("--size-limit '\(sizeLimit)': write a number with KB, MB or GB")
    }
    if let latencyLimit, Self.parse(latencyLimit, ["ms": 1, "s": 1000]) == nil {
      throw ValidationError("--latency-limit '\(latencyLimit)': write a number with ms or s")
    }
  }

  private static func parse(_ text: String, _ units: [String: Double]) -> Double? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces).lowercased()
    guard let number = Double(digits), number.isFinite, let factor = units[unit] else { return nil }
    return number * factor
  }
}
