import Foundation
import Training

extension Recommendation {
  /// What to use and why, with margin, bound, confidence, examples and seeds.
  public var sentence: String {
    ([head, reason, afterthought].compactMap { $0 }).joined(separator: " ")
  }

  private var split: String { selectedOnTest ? "test" : "validation" }
  private var isF1: Bool { metric == .macroF1 }
  private var among: String { requirements.limits.isEmpty ? "" : " of those with \(requirements.limits)" }
  private var margin: String { points(requirements.withinPoints) + (isF1 ? " of macro-F1" : " of accuracy") }

  private func points(_ value: Double) -> String {
    String(format: "%g ", value) + (value == 1 ? "point" : "points")
  }

  private func score(_ value: Double) -> String {
    String(format: isF1 ? "macro-F1 %.2f %%" : "%.2f %%", value * 100)
  }

  private var head: String {
    let count = (folds > 0 ? "\(folds) folds, " : "") + (seeds == 1 ? "1 seed" : "\(seeds) seeds")
    let basis = String(
      format: "Recommended: %@ (%@, %@ on %d %@ examples, %@)", recommended.variant.description,
      requirements.smallestBy.text(recommended), score(recommendedScore), examples, split, count)
    switch self.basis {
    case .withinMargin: return basis + ": the smallest model\(among) shown to lose at most \(margin)."
    case .smallestOfAll:
      return basis
        + (modelCount == 1 ? ": the only model\(among)." : ": the best model\(among) and the smallest.")
    case .othersAreWorse: return basis + ": the best model\(among)."
    case .cannotTell: return basis + ": the best model\(among), to be safe."
    }
  }

  private var reason: String? {
    switch basis {
    case .smallestOfAll: modelCount == 1 ? nil : ownBound
    case .withinMargin:
      String(
        format: "It %@ the best, %@ (%@, %@). ", Recommendation.losing(loss), best.variant.description,
        requirements.smallestBy.text(best), score(bestScore)) + ownBound
    case .othersAreWorse:
      "Every smaller model is shown to lose more than \(margin) against it, with 95 % confidence. " + ownBound
    case .cannotTell: doubt
    }
  }

  /// How far the recommended model may lie below the truly best one.
  private var ownBound: String {
    let scope = "(95 % confidence, for all \(modelCount) models at once)"
    if lossBound <= 0 { return "No other model of the study is better \(scope)." }
    return String(
      format: "Whichever model is truly the best, %@ loses at most %.2f points %@.",
      recommended.variant.description, lossBound * 100, scope)
  }

  private static func losing(_ loss: Double) -> String {
    loss > 0 ? String(format: "loses %.2f points against", loss * 100) : "equals"
  }

  private var doubt: String {
    guard let need else { return "" }
    let name = need.variant.description
    var text: String
    if name == recommended.variant.description {
      text =
        "This study cannot tell yet whether it is good enough: it is not shown to lose at most \(margin). "
        + ownBound
    } else {
      text =
        String(
          format:
            "This study cannot tell yet whether a smaller one is good enough: none is shown to lose at most "
            + "%@. %@ %@ it, and may lose up to %.2f. ", margin, name, Recommendation.losing(need.loss),
          need.lossBound * 100) + ownBound
    }
    let ways = [
      need.examples.map { "\(Recommendation.rounded($0)) \(split) examples (now \(examples))" },
      need.seeds.map { "\(Recommendation.rounded($0)) seeds (now \(seeds))" },
    ].compactMap { $0 }
    if requirements.withinPoints == 0 {
      return text + " No study can show that nothing at all is lost: ask for a margin above 0."
    }
    if ways.isEmpty {
      return text + " Neither more examples alone nor more seeds alone would show it; more of both may."
    }
    return text + " If \(name) is truly as good, about \(ways.joined(separator: " or "))"
      + " would show it in four studies of five."
  }

  /// Two digits are all that such a forecast is worth.
  private static func rounded(_ value: Int) -> Int {
    var unit = 1
    while value / unit >= 100 { unit *= 10 }
    return (value + unit - 1) / unit * unit
  }

  private var afterthought: String? {
    var notes: [String] = []
    if let testLoss {
      notes.append(
        String(
          format:
            "On the test set, which chose nothing, the loss is %.2f points (95 %% interval %.2f to %.2f).",
          testLoss.mean * 100, testLoss.interval.lowerBound * 100, testLoss.interval.upperBound * 100))
    }
    if folds > 0 {
      notes.append("Each model of a fold learned from the other folds alone.")
    } else if seeds == 1, modelCount > 1 {
      notes.append("With one seed this holds for the models that were trained, not for another training.")
    }
    return notes.isEmpty ? nil : notes.joined(separator: " ")
  }
}

extension Recommendation: Encodable {
  enum CodingKeys: String, CodingKey {
    case basis, recommended, best, metric, loss, examples, seeds, models, confidence
    case within, bound, split, needs
    case smallestBy = "smallest_by"
    case recommendedScore = "recommended_score"
    case bestScore = "best_score"
    case testLoss = "test_loss"
    case sentence
  }

  enum NeedKeys: String, CodingKey { case variant, examples, seeds, loss, bound }
  enum TestKeys: String, CodingKey {
    case mean
    case standardError = "standard_error"
  }

  /// Losses, bounds and the margin are shares, 0.01 for a point.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(basis, forKey: .basis)
    try values.encode(recommended.variant.description, forKey: .recommended)
    try values.encode(best.variant.description, forKey: .best)
    try values.encode(metric, forKey: .metric)
    try values.encode(requirements.smallestBy, forKey: .smallestBy)
    try values.encode(recommendedScore, forKey: .recommendedScore)
    try values.encode(bestScore, forKey: .bestScore)
    try values.encode(requirements.withinPoints / 100, forKey: .within)
    try values.encode(loss, forKey: .loss)
    try values.encode(lossBound, forKey: .bound)
    try values.encode(Recommendation.confidence, forKey: .confidence)
    try values.encode(modelCount, forKey: .models)
    try values.encode(examples, forKey: .examples)
    try values.encode(seeds, forKey: .seeds)
    try values.encode(selectedOnTest ? "test" : "validation", forKey: .split)
    if let need {
      var needs = values.nestedContainer(keyedBy: NeedKeys.self, forKey: .needs)
      try needs.encode(need.variant.description, forKey: .variant)
      try needs.encode(need.loss, forKey: .loss)
      try needs.encode(need.lossBound, forKey: .bound)
      try needs.encode(need.examples, forKey: .examples)
      try needs.encode(need.seeds, forKey: .seeds)
    }
    if let testLoss {
      var test = values.nestedContainer(keyedBy: TestKeys.self, forKey: .testLoss)
      try test.encode(testLoss.mean, forKey: .mean)
      try test.encode(testLoss.standardError, forKey: .standardError)
    }
    try values.encode(sentence, forKey: .sentence)
  }
}
