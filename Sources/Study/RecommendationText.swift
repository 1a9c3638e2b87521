import Foundation
import Training

extension Recommendation {
  /// What to use and why, with margin, bound, confidence, examples and seeds.
  public var sentence: String {
    ([head, reason, afterthought].compactMap { $0 }).joined(separator: " ")
  }

  private var split: String { selectedOnTest ? "test" : "validation" }
  private var among: String { requirements.limits.isEmpty ? "" : " of those with \(requirements.limits)" }
  private var margin: String {
    metric.isShare
      ? points(requirements.withinPoints) + " of \(metric.title)"
      : String(format: "%g %% of the best's %@", requirements.withinPoints, metric.title)
  }

  private func points(_ value: Double) -> String {
    String(format: "%g ", value) + (value == 1 ? "point" : "points")
  }

  private func score(_ value: Double) -> String {
    (metric == .accuracy ? "" : metric.title + " ") + metric.text(metric.isHigherBetter ? value : -value)
  }

  /// A difference of scores
  private func difference(_ value: Double) -> String {
    metric.isShare ? String(format: "%.2f points", value * 100) : String(format: "%.4f", value)
  }

  private func bare(_ value: Double) -> String {
    metric.isShare ? String(format: "%.2f", value * 100) : String(format: "%.4f", value)
  }

  private var head: String {
    let count = (folds > 0 ? "\(folds) folds, " : "") + (seeds == 1 ? "1 seed" : "\(seeds) seeds")
    let basis = String(
      format: "Recommended: %@ (%@, %@ on %d %@ examples, %@)", recommended.variant.description,
      requirements.smallestBy.text(recommended), score(recommendedScore), examples, split, count)
    switch self.basis {
    case .withinMargin: return basis + ": the smallest model\(among) shown to lose at most \(margin)."
    case .smallestOfAll:
      let within = ", and shown to lose at most \(margin) against any other."
      return basis
        + (modelCount == 1
          ? ": the only model\(among)\(leftOut.isEmpty ? "" : " that tells texts apart")."
          : ": the best model\(among) and the smallest\(within)")
    case .othersAreWorse: return basis + ": the best model\(among)."
    case .cannotTell: return basis + ": the best model\(among), to be safe."
    }
  }

  private var reason: String? {
    switch basis {
    case .smallestOfAll: modelCount == 1 ? nil : ownBound
    case .withinMargin:
      String(
        format: "It %@ the best, %@ (%@, %@). ", losing(loss), best.variant.description,
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
      format: "Whichever model is truly the best, %@ loses at most %@ %@.",
      recommended.variant.description, difference(lossBound), scope)
  }

  private func losing(_ loss: Double) -> String {
    loss > 0 ? "loses \(difference(loss)) against" : "equals"
  }

  private var doubt: String {
    guard let need else { return "" }
    let name = need.variant.description
    var text: String
    if name == recommended.variant.description, modelCount > 1, basis == .cannotTell, isBestOfSmaller {
      text =
        "Every smaller model is shown to lose more than \(margin) against it; whether it is good enough against "
        + "the larger ones this study cannot tell yet. " + ownBound
    } else if name == recommended.variant.description {
      text =
        "This study cannot tell yet whether it is good enough: it is not shown to lose at most \(margin). "
        + ownBound
    } else {
      text =
        String(
          format:
            "This study cannot tell yet whether a smaller one is good enough: none is shown to lose at most "
            + "%@. %@ %@ it, and may lose up to %@. ", margin, name, losing(need.loss),
          bare(need.lossBound)) + ownBound
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
            "On the test set, which chose nothing, the loss is %@ (95 %% interval %@ to %@).",
          difference(testLoss.mean), bare(testLoss.interval.lowerBound), bare(testLoss.interval.upperBound)))
    }
    if !collapsedSeeds.isEmpty {
      let seeds = collapsedSeeds.map(String.init).joined(separator: ", ")
      notes.append(
        "With seed \(seeds) \(recommended.variant) gives one class alone, whatever the text: more epochs, another "
          + "rate or a warm-up may help.")
    }
    if !leftOut.isEmpty {
      let names = leftOut.map(\.description).joined(separator: ", ")
      notes.append(
        "Not compared, since \(leftOut.count == 1 ? "it gives" : "they give") one class alone: \(names).")
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
