import Classification
import Foundation
import Training

/// The model to use, why, and how sure that is.
public struct Recommendation: Sendable {
  public enum Basis: String, Sendable, Codable {
    /// Smaller than the best, and shown to lose at most the margin
    case withinMargin = "within-margin"
    /// The best; nothing smaller was run, and nothing larger is better by more than the margin.
    case smallestOfAll = "smallest-of-all"
    /// The best; everything smaller is shown to lose more than the margin.
    case othersAreWorse = "others-are-worse"
    /// The best, to be safe: the study is too small to say more.
    case cannotTell = "cannot-tell"
  }

  /// What would let a study tell.
  public struct Need: Sendable, Equatable {
    /// The smallest model that may turn out to be good enough
    public let variant: Variant
    /// Of that model, as of the recommended one
    public let loss: Double
    public let lossBound: Double
    /// Validation examples with as many seeds as now; nil where no number of them would do
    public let examples: Int?
    /// Seeds with as many examples as now; nil where no number of them would do, or one seed does not say
    public let seeds: Int?
  }

  public let basis: Basis
  public let recommended: VariantResult
  /// The highest on the selection set of those that meet the limits; of equal ones the smallest.
  public let best: VariantResult
  /// Of the models that were compared
  public let modelCount: Int
  public let metric: Metric
  /// Of the metric on the selection set, averaged over seeds
  public let recommendedScore: Double
  public let bestScore: Double
  /// The best's mean minus that of the recommended model
  public let loss: Double
  /// With 95 % confidence, for all models at once, it loses at most this against whichever is truly the best.
  public let lossBound: Double
  /// Only where the study cannot tell
  public let need: Need?
  /// Whether every smaller model is shown to lose more than the margin
  public let isBestOfSmaller: Bool
  /// The same loss on the test set, which chose nothing; nil where models were chosen on it.
  public let testLoss: Statistics.PairedDifference?
  public let selectedOnTest: Bool
  public let examples: Int
  public let seeds: Int
  /// 0 without cross-validation
  public let folds: Int
  public let requirements: Requirements
  /// Models that give one class alone, whatever the text, and were not compared
  public let leftOut: [Variant]
  /// Seeds with which the recommended model gives one class alone
  public let collapsedSeeds: [UInt64]

  public static let confidence = 1 - NonInferiority.alpha
  /// The chance that a study of the size that ``Need`` gives would tell, if the model is truly as good as the
  /// best
  static let power = 0.8
}

/// What follows from a study, in a sentence and for programs.
public struct Conclusion: Sendable {
  public let sentence: String
  /// nil where there is nothing to recommend.
  public let recommendation: Recommendation?
}

extension StudyResult {
  /// nil for an empty study, where no model meets the limits, and where none has learned anything.
  public var recommendation: Recommendation? { conclusion.recommendation }

  /// The recommendation, or why there is none.
  public var conclusion: Conclusion { conclusions.value(for: requirements) { conclude() } }

  private func conclude() -> Conclusion {
    func nothing(_ why: String) -> Conclusion {
      Conclusion(sentence: "No recommendation: \(why)", recommendation: nil)
    }
    guard !results.isEmpty else { return nothing("the study is empty.") }
    let meeting = results.filter(requirements.areMet)
    guard !meeting.isEmpty else {
      let closest = results.min { requirements.excess($0) < requirements.excess($1) }!
      return nothing(
        "no model meets the limits that were set (\(requirements.limits)); the closest is "
          + "\(closest.variant.description) with \(requirements.measured(closest)).")
    }
    guard meeting[0].selectionHits.count > 1 else {
      return nothing("models cannot be told apart on fewer than two validation examples.")
    }
    if let why = nothingLearned(meeting) { return nothing(why) }
    let candidates = meeting.filter { $0.selectionPredictions?.isOneClass != true }
    let leftOut = meeting.filter { $0.selectionPredictions?.isOneClass == true }.map(\.variant)
    let recommendation = recommend(among: candidates, leftOut: leftOut)
    return Conclusion(sentence: recommendation.sentence, recommendation: recommendation)
  }

  private var metric: Metric {
    let settings = results[0].runs[0].settings
    // A published study is about accuracy, whatever its epochs were picked by.
    let own = settings.asPublished == nil ? settings.training.metric : .accuracy
    let known = [requirements.metric, own].compactMap { $0 }.first { metric in
      results.allSatisfy { $0.selectionPredictions?.knows(metric) == true }
    }
    return known ?? .accuracy
  }

  /// What scores are divided by before they are compared: errors become shares of the best model's, so that
  /// a margin is percent of that.
  private func scale(_ scores: [[[Double]]], _ metric: Metric) -> Double {
    if metric.isShare { return 1 }
    let best = scores.map { Statistics.average($0.map(Statistics.average)) }.max() ?? 0
    return best == 0 ? 1 : abs(best)
  }

  private func nothingLearned(_ meeting: [VariantResult]) -> String? {
    let known = meeting.compactMap(\.selectionPredictions)
    guard known.count == meeting.count, let first = known.first else { return nil }
    let split = selectedOnTest ? "test" : "validation"
    if known.allSatisfy(\.isOneClass) {
      return "every model gives one class alone, whatever the text: nothing was learned."
    }
    let metric = metric
    guard known.allSatisfy({ $0.knows(metric) }),
      !known.contains(where: { $0.beatsConstant(metric, among: known.count) })
    else { return nil }
    if metric != .accuracy {
      let constant = Statistics.average(first.constant(metric))
      return
        "no model is shown to beat the best answer that does not look at the text, whose \(metric.title) is "
        + "\(metric.text(metric.isHigherBetter ? constant : -constant)) on \(first.exampleCount) \(split) "
        + "examples: nothing was learned, or the examples are too few to show it."
    }
    let best = meeting.map { Statistics.average($0.selectionHits) }.max() ?? 0
    return String(
      format: "no model is shown to beat the most frequent class, which alone is right in %.2f %% of %d %@ "
        + "examples (the best model in %.2f %%): nothing was learned, or the examples are too few to show it.",
      first.majority.share * 100, first.targets.count, split, best * 100)
  }

  private func recommend(among candidates: [VariantResult], leftOut: [Variant]) -> Recommendation {
    let cost = requirements.smallestBy
    let bySize = candidates.sorted {
      (cost.value($0), $0.variant.blockCount) < (cost.value($1), $1.variant.blockCount)
    }
    let metric = self.metric
    let knowsSeeds = bySize.allSatisfy { $0.selectionPredictions != nil }
    let scores = bySize.map { knowsSeeds ? $0.selectionScores(metric) : [$0.selectionHits] }
    let scale = scale(scores, metric)
    let shares = scale == 1 ? scores : scores.map { $0.map { $0.map { $0 / scale } } }
    let moments = ScoreMoments(PairedScores(shares))
    let best = moments.best
    let test = NonInferiority(moments, margin: requirements.withinPoints / 100)
    // A margin wider than what the best model gains over the most frequent class would let any model through.
    let hasLearned = bySize.map { result in
      guard let held = result.selectionPredictions, held.knows(metric) else { return true }
      return held.beatsConstant(metric, among: bySize.count)
    }
    let pick = (0...best).first { hasLearned[$0] && test.isGoodEnough($0) } ?? best
    let isShown = test.isGoodEnough(pick)
    let open = (0..<pick).filter { pick == best && !test.isShownWorse($0) }
    let nearest =
      open.first { moments.means[best] - moments.means[$0] < test.margin } ?? open.last
      ?? (isShown ? nil : pick)
    let basis: Recommendation.Basis =
      if pick < best {
        .withinMargin
      } else if !open.isEmpty || !isShown {
        .cannotTell
      } else {
        pick == 0 ? .smallestOfAll : .othersAreWorse
      }
    let recommended = bySize[pick]
    return Recommendation(
      basis: basis, recommended: recommended, best: bySize[best], modelCount: bySize.count, metric: metric,
      recommendedScore: moments.means[pick] * scale, bestScore: moments.means[best] * scale,
      loss: (moments.means[best] - moments.means[pick]) * scale,
      lossBound: max(0, test.hardest(for: pick).upperBound) * scale,
      need: nearest.map { need(of: $0, bySize[$0].variant, test, scale) },
      isBestOfSmaller: pick == best && pick > 0 && open.isEmpty,
      testLoss: selectedOnTest || pick == best || recommended.testHits.count < 2
        ? nil : VariantResult.difference(recommended, bySize[best], metric),
      selectedOnTest: selectedOnTest, examples: moments.exampleCount, seeds: recommended.seedCount,
      folds: recommended.foldCount,
      requirements: requirements, leftOut: leftOut,
      collapsedSeeds: recommended.selectionPredictions?.collapsedSeeds.compactMap { index in
        let seeds = Set(recommended.runs.map(\.seed)).sorted()
        return index < seeds.count ? seeds[index] : nil
      } ?? [])
  }

  private func need(
    of model: Int, _ variant: Variant, _ test: NonInferiority, _ scale: Double
  ) -> Recommendation.Need {
    let hardest = test.hardest(for: model)
    let best = test.moments.best
    let numbers = test.need(
      of: model, against: model == best ? hardest.model : best, power: Recommendation.power)
    return Recommendation.Need(
      variant: variant, loss: (test.moments.means[best] - test.moments.means[model]) * scale,
      lossBound: hardest.upperBound * scale, examples: numbers.examples, seeds: numbers.seeds)
  }
}

extension NonInferiority {
  /// How many examples, or seeds, would show that a candidate loses at most the margin if it is truly as good
  /// as `other`.
  /// - Parameter power: the chance with which they would.
  /// - Source: the normal form, as Chow, Shao, Wang 2008, "Sample Size Calculations in Clinical Research",
  ///   chapter 4.
  package func need(of candidate: Int, against other: Int, power: Double) -> (examples: Int?, seeds: Int?) {
    let quantile = loss(of: candidate, against: other).quantile + Quantiles.normal(tail: 1 - power)
    let target = margin * margin / (quantile * quantile)
    let n = Double(moments.exampleCount), s = Double(moments.seedCount)
    let overExamples = NonInferiority.exampleVariance(moments, candidate, other, margin)
    let overSeeds = moments.seedVariance[candidate] + moments.seedVariance[other]
    let interaction = moments.interaction[candidate] + moments.interaction[other]
    func count(_ value: Double) -> Int? { value.isFinite && value < 1e9 ? Int(value.rounded(.up)) : nil }
    let examples = target > overSeeds ? count(n * overExamples / (target - overSeeds)) : nil
    let fixed = max(0, overExamples - interaction)
    // No study has more seeds than a command takes.
    let seeds = (s > 1 && target > fixed ? count(s * (overSeeds + interaction) / (target - fixed)) : nil)
      .flatMap { $0 <= 1000 ? $0 : nil }
    return (examples.map { max($0, moments.exampleCount + 1) }, seeds.map { max($0, moments.seedCount + 1) })
  }
}

/// A study's conclusion under the requirements that were asked last, since pages ask for it many times.
final class KeptConclusion: Sendable {
  private let kept = Locked<(requirements: Requirements, conclusion: Conclusion)?>(nil)

  func value(for requirements: Requirements, _ make: () -> Conclusion) -> Conclusion {
    if let known = kept.withLock({ $0 }), known.requirements == requirements { return known.conclusion }
    let conclusion = make()
    kept.withLock { $0 = (requirements, conclusion) }
    return conclusion
  }
}
