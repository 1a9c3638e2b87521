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
    #expect(difference.interval.lowerBound > 0)
    #expect(Statistics.pairedDifference(first, first).interval.contains(0))
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

@Suite struct IMDB2019Tests {
  @Test func `the preset has the rows of the table of 2019 and its batch sizes`() throws {
    #expect(IMDB2019.variants.count == 28 && Set(IMDB2019.variants).count == 28)
    for name in IMDB2019.variants { #expect(try Variant(name).description == name) }
    #expect([0, 4, 5, 6, 12].map(IMDB2019.batchSize(blocks:)) == [32, 32, 16, 16, 8])
  }
}

@Suite struct QuantileTests {
  @Test func `quantiles are those of published tables`() {
    #expect(abs(Quantiles.normal(tail: 0.05) - 1.6448536270) < 1e-8)
    #expect(abs(Quantiles.normal(tail: 0.0001) - 3.7190164855) < 1e-8)
    for (degrees, tail, value) in [
      (1.0, 0.05, 6.3138), (2, 0.05, 2.9200), (3, 0.01, 4.5407), (4, 0.005, 4.6041), (10, 0.05, 1.8125),
      (10, 0.001, 4.1437), (100, 0.025, 1.9840),
    ] {
      #expect(abs(Quantiles.student(tail: tail, degrees: degrees) / value - 1) < 1e-3)
    }
  }

  @Test func `a difference over seeds that disagree is wider than one over examples alone`() {
    let first = [[Double]](repeating: (0..<100).map { $0 < 50 ? 1 : 0 }, count: 2)
    let second = [(0..<100).map { $0 < 90 ? 1.0 : 0 }, (0..<100).map { $0 < 20 ? 1.0 : 0 }]
    let difference = Statistics.pairedDifference(first, second)
    #expect(abs(difference.mean - 0.05) < 1e-12)
    // Seeds at 0.9 and 0.2: their own error is 0.35, and with one degree of freedom t is 12.7.
    #expect(difference.interval.lowerBound < -1 && difference.interval.upperBound > 1)
    let same = Statistics.pairedDifference([first[0]], [second[0]])
    let plain = Statistics.pairedDifference(first[0], second[0])
    #expect(abs(same.mean - plain.mean) < 1e-12 && abs(same.standardError - plain.standardError) < 1e-12)
  }
}
