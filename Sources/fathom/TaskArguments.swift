import ArgumentParser
import Classification
import Corpus
import Files
import Foundation
import Training

/// What is to be learned, as the command line names it.
enum TaskName: String, ExpressibleByArgument, CaseIterable {
  case single
  case multiLabel = "multi-label"
  case regression

  func form(separator: String) -> AnswerForm {
    switch self {
    case .single: .single
    case .multiLabel: .several(separator: separator)
    case .regression: .numbers
    }
  }

  init(_ kind: TaskKind) {
    switch kind {
    case .singleLabel: self = .single
    case .multiLabel: self = .multiLabel
    case .regression: self = .regression
    }
  }
}

/// How the loss is made, and what is fitted after it.
struct LossArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What an example of each class counts: balanced (by one over its frequency), or a JSON file of a number for each \
      class name. With several labels per text, what a label that is there counts.
      """, valueName: "balanced|file"))
  var classWeights: String?

  @Option(help: "Focal loss with this gamma (2 is usual; default: cross-entropy).", in: .from(0, to: 100))
  var focalGamma: Double?

  @Option(help: "Share of each target that is spread over all classes.", in: .from(0, below: 1))
  var labelSmoothing: Double?

  @Option(help: "In a regression, Huber's loss: a line from this difference on.", in: .above(0))
  var huberDelta: Double?

  @Flag(
    help: "Fit a temperature for the probabilities on the validation examples, and save it with the model.")
  var calibrate = false

  @Flag(help: "With several labels per text, give each from a half on; without, thresholds are fitted.")
  var fixedThresholds = false

  /// What the options say for a data set.
  func options(for data: DataSet) throws -> (loss: LossOptions, decision: DecisionOptions) {
    try check(data.kind)
    var loss = LossOptions()
    loss.classWeights = try weights(data)
    loss.focalGamma = focalGamma ?? 0
    loss.labelSmoothing = labelSmoothing ?? 0
    loss.huberDelta = huberDelta
    var decision = DecisionOptions()
    decision.calibrates = calibrate
    decision.tunesThresholds = !fixedThresholds
    return (loss, decision)
  }

  /// Refuses what would have no effect.
  private func check(_ kind: TaskKind) throws {
    let isRegression = kind == .regression
    for (flag, isIdle) in [
      ("--class-weights", classWeights != nil && isRegression),
      ("--focal-gamma", focalGamma != nil && isRegression),
      ("--label-smoothing", labelSmoothing != nil && isRegression),
      ("--calibrate", calibrate && isRegression), ("--huber-delta", huberDelta != nil && !isRegression),
      ("--fixed-thresholds", fixedThresholds && kind != .multiLabel),
    ]
    where isIdle {
      throw ValidationError("\(flag) has no effect on --task \(TaskName(kind).rawValue): leave it out")
    }
  }

  private func weights(_ data: DataSet) throws -> [Double]? {
    guard let classWeights else { return nil }
    if classWeights == "balanced" { return data.balancedWeights }
    let url = URL(fileURLWithPath: classWeights)
    guard let bytes = try? Data(contentsOf: url) else {
      throw FathomError(
        .unreadable, at: url.path, "the file cannot be read",
        mend: "--class-weights is balanced, or a JSON file of a number for each class")
    }
    guard let numbers = try? BoundedJSON.decode([String: Double].self, from: bytes) else {
      throw FathomError(
        .damaged, at: url.path, "the file is not a JSON object of numbers",
        mend: "write a number for each class name")
    }
    if let other = numbers.keys.sorted().first(where: { !data.classes.contains($0) }) {
      throw FathomError(
        .data, at: url.path, "class '\(other.prefix(60))' does not occur in the training data",
        mend: "name the classes \(ListText(data.classes))")
    }
    return try data.classes.map { name in
      guard let weight = numbers[name] else {
        throw FathomError(
          .data, at: url.path, "class '\(name)' has no weight", mend: "give each class a number")
      }
      guard weight.isFinite, weight > 0, weight <= 1e6 else {
        throw FathomError(
          .data, at: url.path, "the weight of class '\(name)' is \(weight)",
          mend: "give numbers above 0, up to 1,000,000")
      }
      return weight
    }
  }
}
