import Classification
import Study
import Testing
import Training

@Suite struct StatisticsTests {
  @Test func `Wilson's interval equals published values`() {
    // R: binom::binom.wilson(81, 263) and the limit cases.
    let interval = Statistics.wilson(81.0 / 263, count: 263)
    #expect(abs(interval.lowerBound - 0.2553) < 5e-4 && abs(interval.upperBound - 0.3662) < 5e-4)
    #expect(
      Statistics.wilson(1, count: 10).upperBound > 0.9999 && Statistics.wilson(0, count: 10).lowerBound < 1e-4
    )
  }

  @Test func `with one seed the paired test is McNemar's`() {
    // 40 examples only the second gets right, 20 only the first, 340 both.
    let first = [Double](repeating: 0, count: 40) + [Double](repeating: 1, count: 360)
    let second =
      [Double](repeating: 1, count: 40) + [Double](repeating: 0, count: 20)
      + [Double](repeating: 1, count: 340)
    let difference = Statistics.pairedDifference(first, second)
    #expect(abs(difference.mean - 0.05) < 1e-12)
    #expect(abs(difference.mean / difference.standardError - 20 / 59.0.squareRoot()) < 0.02)
    #expect(difference.isSignificantGain)
    #expect(!Statistics.pairedDifference(second, first).isSignificantGain)
    #expect(!Statistics.pairedDifference(first, first).isSignificantGain)
  }

  @Test func `McNemar's exact test is the sign test`() {
    #expect(Statistics.mcnemar(0, 0) == 1 && Statistics.mcnemar(5, 5) == 1)
    // 2 · (1 + 10 + 45) / 2¹⁰
    #expect(abs(Statistics.mcnemar(8, 2) - 0.109375) < 1e-12)
    #expect(Statistics.mcnemar(2, 8) == Statistics.mcnemar(8, 2))
    #expect(Statistics.mcnemar(900, 600) < 1e-10)
  }

  @Test func `Student's t is that of published tables`() {
    for (degrees, value) in [
      (1, 12.7062), (4, 2.7764), (10, 2.2281), (20, 2.0860), (60, 2.0003), (120, 1.9799),
    ] {
      #expect(abs(Statistics.studentT95(degrees) / value - 1) < 1e-3)
    }
  }

  @Test func `several seeds widen the interval`() {
    let one = Statistics.interval([0.8], count: 1000),
      spread = Statistics.interval([0.75, 0.85], count: 1000)
    #expect(spread.lowerBound < one.lowerBound && spread.upperBound > one.upperBound)
  }
}

@Suite struct RecommendationTests {
  private func result(_ variant: String, parameters: Int, right: Int, onTest: Bool = false) throws
    -> VariantResult
  {
    let hits = (0..<400).map { $0 < right ? 1.0 : 0 }
    let metrics = try Metrics(
      logits: hits.map { $0 == 1 ? [1, 0] : [0, 1] }, targets: [Int](repeating: 0, count: 400))
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
      variant: try Variant(variant), runs: [record], validationHits: onTest ? nil : hits, testHits: hits)
  }

  @Test func `the smallest model that is not significantly worse is recommended`() throws {
    let study = try StudyResult([
      result("1VA", parameters: 10, right: 300), result("2VA", parameters: 20, right: 358),
      result("3VA", parameters: 30, right: 360),
      result("4VA", parameters: 40, right: 359),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(
      recommendation.best.variant.description == "3VA"
        && recommendation.recommended.variant.description == "2VA")
    #expect(recommendation.sentence.contains("400 validation examples"))
    #expect(study.deltas.map { "\($0.from)>\($0.to)" } == ["1VA>2VA", "2VA>3VA", "3VA>4VA"])
    #expect(abs(study.deltas[0].difference.mean - 0.145) < 1e-9)
  }

  @Test func `a best model without rivals is recommended itself, and selection on the test set is said`()
    throws
  {
    let study = try StudyResult([
      result("1VA", parameters: 10, right: 200, onTest: true),
      result("2VA", parameters: 20, right: 390, onTest: true),
    ])
    let recommendation = try #require(study.recommendation)
    #expect(recommendation.recommended.variant.description == "2VA" && study.selectedOnTest)
    #expect(recommendation.sentence.contains("test examples"))
  }

  @Test func `the user's tolerance and limits choose the model`() throws {
    var study = try StudyResult([
      result("1VA", parameters: 10, right: 300), result("2VA", parameters: 20, right: 389),
      result("3VA", parameters: 30, right: 390),
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
    #expect(study.recommendation == nil)
    study.requirements = Requirements(latencyLimitMilliseconds: 5)
    #expect(study.recommendation == nil, "a latency that was never measured meets no limit")
    #expect(study.frontier { Double($0.parameters) }.map(\.parameters) == [10, 20, 30])
    #expect(study.frontier { Double(-$0.parameters) }.map(\.parameters) == [30])
  }

  @Test func `an empty study recommends nothing`() {
    #expect(StudyResult([]).recommendation == nil && StudyResult([]).deltas.isEmpty)
  }
}

@Suite struct IMDB2019Tests {
  @Test func `the preset has the rows of the table of 2019 and its batch sizes`() throws {
    #expect(IMDB2019.variants.count == 28 && Set(IMDB2019.variants).count == 28)
    for name in IMDB2019.variants { #expect(try Variant(name).description == name) }
    #expect([0, 4, 5, 6, 12].map(IMDB2019.batchSize(blocks:)) == [32, 32, 16, 16, 8])
  }
}
