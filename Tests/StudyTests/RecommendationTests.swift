import Classification
import Files
import Fixtures
import Foundation
import Study
import Testing
import Training

@Suite struct RecommendationTests {
  /// - Parameter right: of so many examples, the first ones.
  private func result(
    _ variant: String, parameters: Int, right: Int, of count: Int = 2000, onTest: Bool = false,
    predictions: HeldOutPredictions? = nil
  ) throws -> VariantResult {
    let hits = (0..<count).map { $0 < right ? 1.0 : 0 }
    let metrics = Metrics(
      count: count, accuracy: Double(right) / Double(count), macroF1: 0, loss: 1, confusion: nil)
    let record = RunRecord(
      variant: variant, seed: 1,
      epochs: [
        EpochRecord(
          epoch: 1, trainLoss: 1, validation: onTest ? nil : metrics, test: nil, seconds: 1, tokens: 1)
      ],
      peakEpoch: 1, test: metrics, parameters: parameters, sizeBytes: 4 * parameters,
      inferenceExamplesPerSecond: 1,
      identity: "", settings: try .sample(variant))
    return VariantResult(
      variant: try Variant(variant), runs: [record], validationHits: onTest ? nil : hits, testHits: hits,
      selectionPredictions: predictions)
  }

  @Test func `the smallest model shown to lose at most the margin is recommended`() throws {
    let study = try StudyResult([
      result("1VA", parameters: 10, right: 1700), result("2VA", parameters: 20, right: 1796),
      result("3VA", parameters: 30, right: 1800), result("4VA", parameters: 40, right: 1799),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.basis == .withinMargin)
    #expect(recommendation.best.variant.description == "3VA")
    #expect(recommendation.recommended.variant.description == "2VA")
    #expect(recommendation.loss > 0 && recommendation.lossBound > recommendation.loss)
    #expect(recommendation.lossBound <= 0.01)
    for words in ["2000 validation examples", "at most 1 point of accuracy", "95 % confidence", "1 seed"] {
      #expect(recommendation.sentence.contains(words), "\(recommendation.sentence)")
    }
    #expect(study.deltas.map { "\($0.from)>\($0.to)" } == ["1VA>2VA", "2VA>3VA", "3VA>4VA"])
    #expect(abs(study.deltas[0].difference.mean - 0.048) < 1e-9)
  }

  @Test func `a best model without rivals is recommended itself, and selection on the test set is said`()
    throws
  {
    let study = try StudyResult([
      result("1VA", parameters: 10, right: 1000, onTest: true),
      result("2VA", parameters: 20, right: 1950, onTest: true),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.recommended.variant.description == "2VA" && study.selectedOnTest)
    #expect(recommendation.basis == .othersAreWorse)
    #expect(recommendation.sentence.contains("test examples"))
    #expect(recommendation.sentence.contains("No other model of the study is better (95 % confidence"))
  }

  @Test
  func `where nothing smaller is shown to be good enough the study cannot tell, and says what it takes`()
    throws
  {
    // 2VA loses 1.25 points on 400 examples: neither shown to be within one point nor to be beyond it.
    let study = try StudyResult([
      result("1VA", parameters: 10, right: 300, of: 400), result("2VA", parameters: 20, right: 355, of: 400),
      result("3VA", parameters: 30, right: 360, of: 400),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.basis == .cannotTell)
    #expect(recommendation.recommended.variant.description == "3VA")
    let need = try #require(recommendation.need)
    #expect(need.variant.description == "2VA" && need.seeds == nil)
    #expect(try #require(need.examples) > 400)
    #expect(recommendation.sentence.contains("cannot tell yet"))
    #expect(!recommendation.sentence.contains("significant"))
  }

  @Test func `a study of one variant says that it is the only one`() throws {
    let recommendation = try #require(
      try StudyResult([result("2VA", parameters: 20, right: 1800)]).recommendation)
    #expect(recommendation.basis == .smallestOfAll && recommendation.sentence.contains("the only model"))
    #expect(!recommendation.sentence.contains("worse"))
  }

  @Test func `the user's margin, limits and measure of size choose the model`() throws {
    var study = try StudyResult([
      result("1VA", parameters: 10, right: 1500), result("2VA", parameters: 20, right: 1945),
      result("3VA", parameters: 30, right: 1950),
    ])
    #expect(study.recommendation?.recommended.variant.description == "2VA")
    study.requirements = Requirements(withinPoints: 30)
    #expect(study.recommendation?.recommended.variant.description == "1VA")
    study.requirements = Requirements(withinPoints: 0)
    #expect(study.recommendation?.recommended.variant.description == "3VA")
    study.requirements = Requirements(sizeLimitBytes: 40)
    let small = try #require(study.recommendation)
    #expect(small.recommended.variant.description == "1VA" && small.sentence.contains("at most 0.0 MB"))
    study.requirements = Requirements(sizeLimitBytes: 1)
    #expect(study.recommendation == nil && study.conclusion.sentence.contains("no model meets the limits"))
    #expect(
      study.conclusion.sentence.contains("at most 0.0 MB") && study.conclusion.sentence.contains("closest is")
    )
    study.requirements = Requirements(latencyLimitMilliseconds: 5)
    #expect(study.recommendation == nil, "a latency that was never measured meets no limit")
    study.requirements = Requirements(smallestBy: .bytes)
    #expect(study.recommendation?.sentence.contains("MB") == true)
    #expect(study.frontier { Double($0.parameters) }.map(\.parameters) == [10, 20, 30])
    #expect(study.frontier { Double(-$0.parameters) }.map(\.parameters) == [30])
  }

  @Test func `models that agree on a handful of examples are not called equal`() throws {
    let study = try StudyResult([
      result("1VA", parameters: 10, right: 45, of: 50), result("2VA", parameters: 20, right: 46, of: 50),
    ])
    #expect(study.recommendation?.basis == .cannotTell)
  }

  @Test func `nothing learned is said instead of a recommendation`() throws {
    let targets = (0..<2000).map { $0 < 1100 ? 0 : 1 }
    func study(_ predictions: [Int]) throws -> StudyResult {
      let held = HeldOutPredictions(targets: targets, classes: [predictions], classCount: 2)
      return try StudyResult([result("1VA", parameters: 10, right: 1100, predictions: held)])
    }
    let one = try study([Int](repeating: 0, count: 2000))
    #expect(one.recommendation == nil && one.conclusion.sentence.contains("one class alone"))
    let guessing = try study((0..<2000).map { $0 % 2 })
    #expect(guessing.recommendation == nil)
    #expect(guessing.conclusion.sentence.contains("the most frequent class, which alone is right in 55.00 %"))
    #expect(try study(targets).recommendation?.basis == .smallestOfAll)
  }

  /// Nine examples gained and one lost against a constant: p = 0.011, which one model in twenty-one has by
  /// luck.
  private func lucky(_ variant: String, parameters: Int, targets: [Int]) throws -> VariantResult {
    let ones =
      targets.indices.filter { targets[$0] == 1 }.prefix(9)
      + targets.indices.filter { targets[$0] == 0 }.prefix(1)
    let held = HeldOutPredictions(
      targets: targets, classes: [targets.indices.map { ones.contains($0) ? 1 : 0 }], classCount: 2)
    return try result(variant, parameters: parameters, right: 58, of: 100, predictions: held)
  }

  @Test func `among many models one that is lucky has learned nothing`() throws {
    let targets = (0..<100).map { $0 % 2 }
    #expect(try StudyResult([lucky("1VA", parameters: 1, targets: targets)]).recommendation != nil)
    let many = try StudyResult((1...21).map { try lucky("\($0)VA", parameters: $0, targets: targets) })
    #expect(many.recommendation == nil && many.conclusion.sentence.contains("most frequent class"))
  }

  @Test func `a wide margin does not let a model through that has learned nothing`() throws {
    let targets = (0..<100).map { $0 % 2 }
    let constant = HeldOutPredictions(
      targets: targets, classes: [targets.indices.map { $0 < 2 ? 1 : 0 }], classCount: 2)
    let good = HeldOutPredictions(targets: targets, classes: [targets], classCount: 2)
    var requirements = Requirements()
    requirements.withinPoints = 100
    let study = try StudyResult(
      [
        result("1VA", parameters: 1, right: 50, of: 100, predictions: constant),
        result("2VA", parameters: 2, right: 100, of: 100, predictions: good),
      ], requirements: requirements)
    #expect(study.recommendation?.recommended.variant.description == "2VA")
  }

  @Test func `macro-F1 is compared through the spread of its examples' influence`() throws {
    let targets = (0..<400).map { $0 % 4 == 0 ? 1 : 0 }
    let predictions = targets.enumerated().map { $0 % 7 == 0 ? 1 - $1 : $1 }
    let scores = PairedScores.macroF1(targets: targets, predictions: predictions, classCount: 2)
    let expected = try Metrics(logits: predictions.map { $0 == 0 ? [1, 0] : [0, 1] }, targets: targets)
    #expect(abs(Statistics.average(scores) - expected.macroF1) < 1e-12)
  }

  @Test func `the recommendation is written as JSON with its figures`() throws {
    let study = try StudyResult([
      result("2VA", parameters: 20, right: 1796), result("3VA", parameters: 30, right: 1800),
    ])
    let data = try JSONEncoder().encode(#require(study.recommendation))
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(json["recommended"] as? String == "2VA" && json["basis"] as? String == "within-margin")
    #expect(json["within"] as? Double == 0.01 && json["confidence"] as? Double == 0.95)
    #expect((json["bound"] as? Double).map { $0 > 0.002 && $0 <= 0.01 } == true)
  }

  @Test func `an empty study recommends nothing`() {
    #expect(StudyResult([]).recommendation == nil && StudyResult([]).deltas.isEmpty)
  }

  // MARK: Found by an acceptance

  /// Predictions of two classes with a right share each.
  private func held(_ seeds: [[Int]], targets: [Int]) -> HeldOutPredictions {
    HeldOutPredictions(targets: targets, classes: seeds, classCount: 2)
  }

  private func result(
    _ variant: String, parameters: Int, _ seeds: [[Int]], targets: [Int], metric: Metric = .accuracy
  ) throws -> VariantResult {
    let runs = try seeds.enumerated().map { index, classes -> RunRecord in
      let confusion = Confusion(targets: targets, predictions: classes, classCount: 2)
      let hits = zip(classes, targets).count { $0 == $1 }
      let scores = PairedScores.macroF1(targets: targets, predictions: classes, classCount: 2)
      let metrics = Metrics(
        count: targets.count, accuracy: Double(hits) / Double(targets.count),
        macroF1: scores.reduce(0, +) / Double(scores.count), loss: 1, confusion: confusion)
      var settings = try RunSettings.sample(variant)
      settings.training.metric = metric
      return RunRecord(
        variant: variant, seed: UInt64(index + 1),
        epochs: [
          EpochRecord(epoch: 1, trainLoss: 1, validation: metrics, test: nil, seconds: 1, tokens: 1)
        ],
        peakEpoch: 1, test: metrics, parameters: parameters, sizeBytes: 4 * parameters,
        inferenceExamplesPerSecond: 1, identity: "", settings: settings)
    }
    let hits = targets.indices.map { example in
      Double(seeds.count { $0[example] == targets[example] }) / Double(seeds.count)
    }
    return VariantResult(
      variant: try Variant(variant), runs: runs, validationHits: hits, testHits: hits,
      selectionPredictions: held(seeds, targets: targets), testPredictions: held(seeds, targets: targets))
  }

  private let targets = (0..<400).map { $0 % 2 }

  /// Right but for the examples that are named.
  private func classes(wrong: Range<Int>) -> [Int] {
    targets.enumerated().map { wrong.contains($0.offset) ? 1 - $0.element : $0.element }
  }

  @Test func `models and seeds that give one class alone are named`() throws {
    let one = [Int](repeating: 1, count: 400)
    let study = try StudyResult([
      result("1VA", parameters: 10, [one, one], targets: targets),
      result("2VA", parameters: 20, [classes(wrong: 0..<20), classes(wrong: 5..<25)], targets: targets),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.leftOut.map(\.description) == ["1VA"])
    #expect(recommendation.sentence.contains("the only model that tells texts apart"))
    #expect(recommendation.sentence.contains("Not compared, since it gives one class alone: 1VA."))
    // One seed of two that learned nothing: the mean is above the majority's, and shows nothing.
    let half = try StudyResult([
      result("2VA", parameters: 20, [one, classes(wrong: 0..<130)], targets: targets)
    ])
    #expect(half.recommendation == nil)
    #expect(half.conclusion.sentence.contains("no model is shown to beat the most frequent class"))
  }

  @Test func `macro-F1 recommends nothing where nothing was learned`() throws {
    var generator = SystemSeed(3)
    let guesses = targets.map { _ in Int.random(in: 0...1, using: &generator) }
    let study = try StudyResult([
      result("1VA", parameters: 10, [guesses], targets: targets, metric: .macroF1)
    ])
    // By chance macro-F1 beats that of one class alone, which is a third.
    #expect(study.recommendation != nil || study.conclusion.sentence.contains("macro-F1"))
    let rare = (0..<400).map { $0 < 20 ? 1 : 0 }
    let one = try StudyResult([
      result("1VA", parameters: 10, [rare.map { _ in 0 }], targets: rare, metric: .macroF1),
      result(
        "2VA", parameters: 20, [rare.indices.map { $0 == 399 ? 1 : 0 }], targets: rare, metric: .macroF1),
    ])
    #expect(one.recommendation == nil)
    #expect(
      one.conclusion.sentence.contains("the best answer that does not look at the text, whose macro-F1"))
  }

  @Test func `the loss on the test set is in the metric of the sentence`() throws {
    let rare = (0..<1000).map { $0 < 100 ? 1 : 0 }
    func wrong(_ count: Int) -> [Int] { rare.indices.map { $0 < count ? 0 : rare[$0] } }
    let study = try StudyResult(
      [
        result("1VA", parameters: 10, [wrong(40)], targets: rare, metric: .macroF1),
        result("2VA", parameters: 20, [wrong(10)], targets: rare, metric: .macroF1),
      ], requirements: Requirements(withinPoints: 30))
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.basis == .withinMargin && recommendation.metric == .macroF1)
    let loss = try #require(recommendation.testLoss).mean
    #expect(abs(loss - recommendation.loss) < 1e-9, "\(loss) against \(recommendation.loss)")
    #expect(loss > 0.05, "accuracy alone loses 3 points")
  }

  @Test func `the best of the smaller ones is not called good enough where larger ones are open`() throws {
    // Two large models that err on other examples: neither is shown to be better or worse.
    let study = try StudyResult([
      result("1VA", parameters: 10, [classes(wrong: 0..<150)], targets: targets),
      result("2VA", parameters: 20, [classes(wrong: 0..<40)], targets: targets),
      result("3VA", parameters: 30, [classes(wrong: 100..<144)], targets: targets),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.recommended.variant.description == "2VA")
    #expect(recommendation.lossBound > 0.01 && recommendation.basis == .cannotTell)
    #expect(recommendation.sentence.contains("Every smaller model is shown to lose more than 1 point"))
    #expect(recommendation.sentence.contains("against the larger ones this study cannot tell yet"))
  }

  @Test func `an interval ends where the metric does`() throws {
    let result = try result(
      "2VA", parameters: 20, [classes(wrong: 0..<4), classes(wrong: 0..<150)], targets: targets,
      metric: .macroF1)
    #expect(result.headline == .macroF1)
    #expect(result.testInterval.lowerBound == 0 && result.testInterval.upperBound == 1)
  }

  @Test func `the run to ship is the seed that did best on its validation examples`() throws {
    let result = try result(
      "2VA", parameters: 20, [classes(wrong: 0..<40), classes(wrong: 0..<10)], targets: targets)
    #expect(result.bestRun.seed == 2)
  }
}
