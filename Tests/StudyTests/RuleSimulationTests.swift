import Study
import Testing

/// The rule promises that at most 5 % of studies end with a model that truly loses more than the margin.
@Suite struct RuleSimulationTests {
  /// 5 % and three standard errors of so many drawn studies.
  private func limit(_ studies: Int) -> Double { 0.05 + 3 * (0.05 * 0.95 / Double(studies)).squareRoot() }

  @Test(arguments: [(200, 1000), (400, 1000), (1000, 500), (2500, 300)])
  func `depths as they are on IMDB are seldom confused`(examples: Int, studies: Int) {
    let simulation = RuleSimulation(
      accuracies: [0.8414, 0.8546, 0.8763, 0.8875, 0.8917, 0.8926], examples: examples)
    let rates = simulation.rates(studies: studies)
    #expect(rates.wrong <= limit(studies), "\(rates)")
    #expect(rates.wrongBefore > rates.wrong, "\(rates)")
  }

  @Test func `the worked example of the article is right`() {
    // Right on 880 and on 878 of 1,000, apart on 40.
    func scores(_ own: Int) -> [Double] {
      (0..<1000).map { $0 < 859 || (own == 0 ? 859..<880 : 880..<899).contains($0) ? 1 : 0 }
    }
    let moments = ScoreMoments(PairedScores([[scores(1)], [scores(0)]]))
    let loss = NonInferiority(moments, margin: 0.01).loss(of: 0, against: 1)
    #expect(abs(loss.mean - 0.002) < 1e-9 && abs(loss.standardError - 0.0064) < 5e-5)
    #expect(abs(loss.upperBound - 0.0125) < 1e-4)
    #expect(!NonInferiority(moments, margin: 0.01).isGoodEnough(0))
    #expect(NonInferiority(moments, margin: 0.015).isGoodEnough(0))
  }

  /// The least favourable case: all others lie on the margin.
  @Test(arguments: [2, 5, 12])
  func `models that lose just more than the margin are seldom called good enough`(models: Int) {
    let bad = [Double](repeating: 0.8899, count: models - 1)
    let simulation = RuleSimulation(accuracies: bad + [0.90], examples: 400)
    let studies = 6000 / models
    let rates = simulation.rates(studies: studies)
    #expect(rates.wrong <= limit(studies), "\(rates)")
  }

  @Test(arguments: [2, 3, 5])
  func `seeds that scatter are counted`(seeds: Int) {
    var simulation = RuleSimulation(accuracies: [0.8899, 0.8899, 0.90], examples: 1000)
    simulation.seeds = seeds
    simulation.seedSpread = 0.01
    let rates = simulation.rates(studies: 600)
    #expect(rates.wrong <= limit(600), "\(rates)")
  }

  @Test func `of two equal models the smaller is recommended once there are enough examples`() {
    var simulation = RuleSimulation(accuracies: [0.90, 0.90], examples: 400)
    let few = simulation.study(seed: 1)
    let need = NonInferiority(few, margin: 0.01).need(of: 0, against: 1, power: 0.8)
    simulation.examples = need.examples ?? 0
    #expect((2000...9000).contains(simulation.examples))
    let rates = simulation.rates(studies: 400)
    #expect(rates.told > 0.7, "\(simulation.examples) examples: \(rates)")
    #expect(rates.smaller > 0.2, "\(rates)")
    simulation.examples = 400
    // Most studies of 400 examples cannot tell.
    #expect(simulation.rates(studies: 400).told < 0.5)
  }
}
