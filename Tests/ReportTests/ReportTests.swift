import Classification
import Foundation
#if canImport(FoundationXML)
  import FoundationXML
#endif
import Report
import Study
import Testing
import Training

@Suite struct ReportTests {
  static func study(_ names: [String], examples: Int = 1000, data: String = "", mistakes: [Mistake]? = nil)
    throws -> StudyResult
  {
    StudyResult(
      try names.enumerated().map { index, name in
        let hits = (0..<200).map { $0 < 120 + 10 * index ? 1.0 : 0 }
        let metrics = try Metrics(
          logits: hits.map { $0 == 1 ? [1, 0] : [0, 1] }, targets: [Int](repeating: 0, count: 200))
        let record = RunRecord(
          variant: name, seed: 1,
          epochs: [
            EpochRecord(epoch: 1, trainLoss: 1, validation: metrics, test: nil, seconds: 12, tokens: 100)
          ], peakEpoch: 1,
          test: metrics, parameters: 1_000_000 * (index + 1), sizeBytes: 4_000_000 * (index + 1),
          inferenceExamplesPerSecond: 50,
          mistakes: mistakes, identity: "", settings: try .sample(name, trainExamples: examples, data: data))
        return VariantResult(variant: try Variant(name), runs: [record], validationHits: hits, testHits: hits)
      })
  }

  @Test func `the table gives every variant, the gains and the recommendation`() throws {
    let text = StudyTable(try Self.study(["baseline-custom", "1VA", "2VA", "2LBD"])).text
    for part in ["baseline-custom", "1VA → 2VA", "+5.00", "BiLSTM", "12.0 s", "Recommended: 2LBD"] {
      #expect(text.contains(part), "\(part)")
    }
    let rows = text.split(separator: "\n").prefix(5)
    #expect(Set(rows.map(\.count)).count == 1, "columns line up")
  }

  @Test func `the CSV has a header and a field for each column in every row`() throws {
    let lines = ResultsCSV.text(try Self.study(["1VA", "VA:0+2"])).split(separator: "\n")
    #expect(
      lines.count == 3
        && Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
    #expect(lines[1].hasPrefix("1VA,1,first,CLS,1,1000000,4000000,1,0.6,0.6,"))
  }

  @Test func `the plot is well-formed XML with a point for each model and a ring`() throws {
    let svg = AccuracyPlot(
      try Self.study(["baseline-custom", "1VA", "2VA", "3LV", "VA:0+2"]), subtitle: "a < b & \"c\""
    ).svg
    #expect(isWellFormed(svg))
    #expect(svg.components(separatedBy: "<circle").count - 1 == 4 + 2)
    #expect(svg.contains("stroke-dasharray") && svg.contains("recommended"))
  }

  @Test func `the plots of cost and of epochs are well-formed, and the frontier is drawn`() throws {
    let result = try Self.study(["baseline-custom", "1VA", "2VA"])
    let cost = CostPlot(result, title: "a & b", axis: "parameters") { Double($0.parameters) }.svg
    #expect(isWellFormed(cost) && cost.contains("On the frontier: baseline-custom, 1VA, 2VA."))
    let epochs = EpochPlot(result).svg
    #expect(isWellFormed(epochs) && epochs.components(separatedBy: "<polyline").count - 1 == 6)
    #expect(
      [cost, epochs].allSatisfy {
        $0.contains("<title>") && $0.contains("<desc>") && $0.contains("prefers-color-scheme")
      })
  }

  @Test func `on IMDB the figures of 2019 stand beside ours, elsewhere they do not`() throws {
    let imdb = try Self.study(["1VA", "2VA", "VA:0+2"], data: "aclImdb")
    let html = StudyReport(imdb).page.html
    for text in [StudyTable(imdb).text, html] {
      #expect(text.contains("88.22") && text.contains("89.03") && text.contains("study of 2019"))
    }
    let rows = StudyTable(imdb).text.split(separator: "\n").prefix(4)
    #expect(rows[3].hasSuffix("–") && Set(rows.map(\.count)).count == 1)
    #expect(!StudyTable(try Self.study(["1VA"], data: "reviews")).text.contains("2019"))
  }

  @Test func `the largest gain between neighbouring depths is named`() throws {
    let result = try Self.study(["1VA", "2VA"])
    #expect(result.largestGain?.hasPrefix("The largest gain is from 1VA to 2VA: +5.00 points") == true)
    #expect(StudyTable(result).text.contains("The largest gain"))
    #expect(try Self.study(["1VA"]).largestGain == nil)
  }

  @Test func `the most confident mistakes are shown as they are, and harm nobody`() throws {
    let mistake = Mistake(
      example: 3, text: "<img src=x onerror=alert(1)> & so", label: "good", predicted: "bad",
      probability: 0.987)
    let result = try Self.study(["1VA"], mistakes: [mistake])
    let html = StudyReport(result).page.html
    #expect(
      html.contains("Most confident mistakes") && html.contains("&lt;img src=x") && html.contains("98.7")
        && !html.contains("<img"))
    let none = try Self.study(["1VA"], mistakes: [])
    #expect(
      !StudyReport(none).page.html.contains("mistakes</h2>"))
    #expect(
      Mistake(example: 0, text: String(repeating: "a", count: 900), label: "", predicted: "", probability: 1)
        .text.count == 601)
  }

  @Test func `the learning curve has a point for each size and variant`() throws {
    var result = try Self.study(["1VA", "2VA"], examples: 1000)
    result.smallerStudies = [
      try Self.study(["1VA", "2VA"], examples: 100), try Self.study(["1VA"], examples: 300),
    ]
    let svg = LearningCurvePlot(result).svg
    #expect(isWellFormed(svg) && svg.components(separatedBy: "<circle").count - 1 == 5)
    for part in [">100<", ">300<", ">1000<", "1VA: 100 examples 60.00"] {
      #expect(svg.contains(part), "\(part)")
    }
    #expect(StudyReport(result).page.html.contains(svg))
  }

  @Test func `growth is drawn with the line that fits it`() {
    let straight = GrowthPlot.Series(axis: "a & b", points: [(1, 3), (2, 5), (4, 9)])
    #expect(
      abs(straight.line.slope - 2) < 1e-9 && abs(straight.line.intercept - 1) < 1e-9
        && abs(straight.line.explained - 1) < 1e-9)
    let bent = GrowthPlot.Series(axis: "x", points: [(1, 1), (2, 4), (3, 9), (8, 64)])
    #expect(bent.line.explained < 0.99)
    let level = GrowthPlot.Series(axis: "rows", points: [(1, 0.25), (2, 0.5)], isLevel: true)
    let svg = GrowthPlot(title: "time", [straight, bent, level]).svg
    #expect(
      isWellFormed(svg) && svg.components(separatedBy: "<circle").count - 1 == 9
        && svg.contains("100.00"))
    #expect(svg.contains("between 0.250 and 0.500"))
    #expect(svg.contains(",268.0 "), "the line of the bent one begins on the axis of x")
  }
}

/// As libxml2 judges it.
func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }
