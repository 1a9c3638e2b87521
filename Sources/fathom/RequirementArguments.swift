import ArgumentParser
import Study

extension ModelCost: ExpressibleByArgument {}

/// What the recommended model must keep to.
struct RequirementArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Recommend the smallest model shown to lose at most this against the best, in points.",
      valueName: "points"), in: .from(0, to: 100))
  var within = 1.0

  @Option(help: "What makes a model small: parameters, bytes, latency or memory (peak of its training).")
  var smallestBy = ModelCost.parameters

  @Option(help: ArgumentHelp("Recommend no larger model (100MB, 1.5GB).", valueName: "size"))
  var sizeLimit: String?

  @Option(help: ArgumentHelp("Recommend no slower model, one text at a time (5ms, 0.1s).", valueName: "time"))
  var latencyLimit: String?

  private static let sizeUnits = ["kb": 1e3, "mb": 1e6, "gb": 1e9]
  private static let timeUnits = ["ms": 1.0, "s": 1000]

  var value: Requirements {
    Requirements(
      withinPoints: within, smallestBy: smallestBy,
      sizeLimitBytes: sizeLimit.flatMap { Self.parse($0, Self.sizeUnits) }.map { Int($0) },
      latencyLimitMilliseconds: latencyLimit.flatMap { Self.parse($0, Self.timeUnits) })
  }

  func validate() throws {
    if let sizeLimit, Self.parse(sizeLimit, Self.sizeUnits) == nil {
      throw ValidationError(
        "--size-limit '\(sizeLimit)': write a number above 0 with KB, MB or GB, such as 100MB")
    }
    if let latencyLimit, Self.parse(latencyLimit, Self.timeUnits) == nil {
      throw ValidationError(
        "--latency-limit '\(latencyLimit)': write a number above 0 with ms or s, such as 5ms")
    }
  }

  private static func parse(_ text: String, _ units: [String: Double]) -> Double? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces).lowercased()
    guard let number = Double(digits), number.isFinite, number > 0, number < 1e12, let factor = units[unit]
    else { return nil }
    return number * factor
  }
}
