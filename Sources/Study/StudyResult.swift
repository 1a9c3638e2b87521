import Classification
import Foundation
import Training

/// What a study knows of one variant, over its seeds.
public struct VariantResult: Sendable {
  public let variant: Variant
  public let runs: [RunRecord]
  /// For each validation example the share of seeds that got it right, or their mean score in tasks without
  /// classes; nil where selection was on the test set.
  public let validationHits: [Double]?
  public let testHits: [Double]
  /// On the examples that models are chosen on, seed by seed; nil where only the hits are known.
  public let selectionPredictions: HeldOutPredictions?
  /// On the test set, run by run; nil where only the hits are known.
  public let testPredictions: HeldOutPredictions?

  /// - Precondition: at least one run; the hits are of the same examples in every result of a study.
  public init(
    variant: Variant, runs: [RunRecord], validationHits: [Double]?, testHits: [Double],
    selectionPredictions: HeldOutPredictions? = nil, testPredictions: HeldOutPredictions? = nil
  ) {
    precondition(!runs.isEmpty, "a result needs a run")
    self.selectionPredictions = selectionPredictions
    self.testPredictions = testPredictions
    self.variant = variant
    self.runs = runs
    self.validationHits = validationHits
    self.testHits = testHits
  }

  public var parameters: Int { runs[0].parameters }
  public var seedCount: Int { Set(runs.map(\.seed)).count }
  /// 0 without cross-validation
  public var foldCount: Int { runs[0].settings.data.folds ?? 0 }
  public var sizeBytes: Int { runs[0].sizeBytes }
  public var peakEpochs: String { runs.map { String($0.peakEpoch) }.joined(separator: "/") }
  /// What tables and plots show: what the runs were selected by, and accuracy where that was the loss of one
  /// class per text.
  public var headline: Metric {
    let metric = runs[0].settings.training.metric
    let hasClasses = runs[0].test[.pearson] == nil && runs[0].test[.sampleF1] == nil
    guard hasClasses else { return metric }
    return [.macroF1, .mcc, .auc].contains(metric) && runs[0].test[metric] != nil
      && testPredictions?.knows(metric) == true ? metric : .accuracy
  }

  /// Of the headline, on the validation examples
  public var validationFigure: Double? {
    guard let validationHits else { return nil }
    let scores = selectionPredictions.flatMap { $0.knows(headline) ? $0.scores(headline) : nil }
    let mean = Statistics.average(scores.map { $0.map(Statistics.average) } ?? validationHits)
    return headline.isHigherBetter ? mean : -mean
  }

  /// The run to ship: of equal settings the one that did best on its validation examples.
  public var bestRun: RunRecord {
    let metric = runs[0].settings.training.metric
    return runs.reduce(runs[0]) { best, run in
      guard let own = run.peak.validation, let other = best.peak.validation else { return best }
      return metric.score(own) > metric.score(other) ? run : best
    }
  }

  /// Of the headline, averaged over runs
  public var testFigure: Double { Statistics.average(runs.map { $0.test[headline] ?? .nan }) }

  /// Larger for better
  public var testScore: Double { headline.isHigherBetter ? testFigure : -testFigure }

  public var testInterval: ClosedRange<Double> {
    if headline == .accuracy {
      return Statistics.interval(runs.map(\.test.accuracy), count: runs[0].test.count)
    }
    let scores = testPredictions.flatMap { $0.knows(headline) ? $0.scores(headline) : nil } ?? [testHits]
    let means = scores[0].indices.map { example in
      scores.reduce(0.0) { $0 + $1[example] } / Double(scores.count)
    }
    let interval = Statistics.interval(runs.map { $0.test[headline] ?? .nan }, scores: means)
    return interval.clamped(to: headline.range)
  }
  public var testMacroF1: Double? {
    runs[0].test[.macroF1] == nil ? nil : Statistics.average(runs.map(\.test.macroF1))
  }
  public var trainSeconds: Double { Statistics.average(runs.map(\.trainSeconds)) }
  public var inferenceExamplesPerSecond: Double { Statistics.average(runs.map(\.inferenceExamplesPerSecond)) }
  /// One text at a time; nil for runs of Fathom before it was measured.
  public var latencyMilliseconds: Double? {
    let values = runs.compactMap(\.latencyMilliseconds)
    return values.isEmpty ? nil : Statistics.average(values)
  }

  /// Of the process that trained it, the largest of its runs; nil where the system did not say.
  public var peakMemoryBytes: Int? { runs.compactMap(\.peakMemoryBytes).max() }

  /// `[seeds][examples]`
  func selectionScores(_ metric: Metric) -> [[Double]] {
    guard let selectionPredictions else { return [selectionHits] }
    return selectionPredictions.scores(metric)
  }

  /// What the second has more than the first on the test set, over examples and runs where they are known.
  static func difference(_ first: VariantResult, _ second: VariantResult, _ metric: Metric)
    -> Statistics.PairedDifference
  {
    guard let a = first.testPredictions, let b = second.testPredictions, a.knows(metric), b.knows(metric),
      a.scores(metric).count == b.scores(metric).count
    else { return Statistics.pairedDifference(first.testHits, second.testHits) }
    return Statistics.pairedDifference(a.scores(metric), b.scores(metric))
  }

  /// What models are chosen on: validation, or the test set where the protocol of 2019 asks for it.
  var selectionHits: [Double] { validationHits ?? testHits }
}

/// The gain from one depth to the next with the same head and end of the encoder.
public struct DepthDelta: Sendable {
  public let from: Variant
  public let to: Variant
  /// On the test set, in what tables show
  public let difference: Statistics.PairedDifference
}

/// A study's results and what follows from them.
public struct StudyResult: Sendable {
  public let results: [VariantResult]
  /// The same study on fewer training examples, fewest first
  public var smallerStudies: [StudyResult] = []

  /// Runs that could not be finished
  public internal(set) var failures: [StoredRun] = []

  /// What could not be read, a sentence each
  public internal(set) var notes: [String] = []

  /// What the recommended model must keep to
  public var requirements: Requirements

  let conclusions = KeptConclusion()

  mutating func keepFailures(among keys: Set<RunKey>) { failures.removeAll { !keys.contains($0.key) } }

  public init(_ results: [VariantResult], requirements: Requirements = Requirements()) {
    self.results = results
    self.requirements = requirements
  }

  /// Of each run, without its validation examples
  public var trainingExamples: Int? {
    results.first?.runs.first?.settings.data.trainExamples
  }

  /// Whether the data are the reviews of IMDB, which the study of 2019 was on: as its archive or its name
  /// says.
  public var isIMDB: Bool {
    guard let settings = results.first?.runs.first?.settings else { return false }
    let name = settings.data.name.lowercased().prefix { $0 != "." }
    return settings.asPublished != nil || name == "aclimdb" || name == "imdb"
  }

  public var selectedOnTest: Bool { results.contains { $0.validationHits == nil } }

  /// In the order of the table: each depth against the next one that was run.
  public var deltas: [DepthDelta] {
    var families: [String: [VariantResult]] = [:]
    var order: [String] = []
    for result in results {
      guard case .bert(let blocks) = result.variant.encoder else { continue }
      if case .list = blocks { continue }
      let family = result.variant.head.code + result.variant.source
      if families[family] == nil { order.append(family) }
      families[family, default: []].append(result)
    }
    guard let first = results.first, first.testHits.count > 1 else { return [] }
    return order.flatMap { family -> [DepthDelta] in
      let sorted = families[family]!.sorted { $0.variant.blockCount < $1.variant.blockCount }
      return zip(sorted, sorted.dropFirst()).map { shallow, deep in
        DepthDelta(
          from: shallow.variant, to: deep.variant,
          difference: VariantResult.difference(shallow, deep, shallow.headline))
      }
    }
  }

  /// The step between neighbouring depths that gains most, in a sentence; nil where none gains or there is
  /// one depth.
  public var largestGain: String? {
    guard let best = deltas.max(by: { $0.difference.mean < $1.difference.mean }), best.difference.mean > 0
    else { return nil }
    let headline = results[0].headline, difference = best.difference
    if !headline.isShare {
      return String(
        format: "The largest gain is from %@ to %@: %.4f less of %@ (95%% interval %.4f to %.4f).",
        best.from.description, best.to.description, difference.mean, headline.title,
        difference.interval.lowerBound, difference.interval.upperBound)
    }
    return String(
      format: "The largest gain is from %@ to %@: %+.2f points (95%% interval %+.2f to %+.2f).",
      best.from.description,
      best.to.description, difference.mean * 100, difference.interval.lowerBound * 100,
      difference.interval.upperBound * 100)
  }

  /// The results that no other beats in accuracy without costing more, cheapest first.
  /// - Parameter cost: what is paid: parameters, seconds, bytes.
  public func frontier(by cost: (VariantResult) -> Double) -> [VariantResult] {
    var best = -Double.infinity
    return results.sorted { (cost($0), -$0.testScore) < (cost($1), -$1.testScore) }.filter { result in
      guard result.testScore > best else { return false }
      best = result.testScore
      return true
    }
  }
}
