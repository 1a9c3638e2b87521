import Classification
import Foundation
import Report
import Study
import Testing
import Training

@Suite struct ReportTests {
  static func study(_ names: [String]) throws -> StudyResult {
    StudyResult(
      try names.enumerated().map { index, name in
        let hits = (0..<200).map { $0 < 120 + 10 * index ? 1.0 : 0 }
        let metrics = Metrics(logits: hits.map { $0 == 1 ? [1, 0] : [0, 1] }, targets: [Int](repeating: 0, count: 200))
        let record = RunRecord(
          variant: name, seed: 1,
          epochs: [EpochRecord(epoch: 1, trainLoss: 1, validation: metrics, test: nil, seconds: 12, tokens: 100)], peakEpoch: 1,
          test: metrics, parameters: 1_000_000 * (index + 1), sizeBytes: 4_000_000 * (index + 1), inferenceExamplesPerSecond: 50,
          fingerprint: "", settings: [:])
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
    #expect(lines.count == 3 && Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
    #expect(lines[1].hasPrefix("1VA,1,first,CLS,1,1000000,4000000,1,0.6,0.6,"))
  }

  @Test func `the plot is well-formed XML with a point for each model and a ring`() throws {
    let svg = AccuracyPlot(try Self.study(["baseline-custom", "1VA", "2VA", "3LV", "VA:0+2"]), subtitle: "a < b & \"c\"").svg
    let parser = XMLCheck()
    #expect(parser.isWellFormed(svg))
    #expect(svg.components(separatedBy: "<circle").count - 1 == 4 + 2)
    #expect(svg.contains("stroke-dasharray") && svg.contains("recommended"))
  }

  @Test func `the plots of cost and of epochs are well-formed, and the frontier is drawn`() throws {
    let result = try Self.study(["baseline-custom", "1VA", "2VA"])
    let cost = CostPlot(result, title: "a & b", axis: "parameters") { Double($0.parameters) }.svg
    #expect(XMLCheck().isWellFormed(cost) && cost.contains("On the frontier: baseline-custom, 1VA, 2VA."))
    let epochs = EpochPlot(result).svg
    #expect(XMLCheck().isWellFormed(epochs) && epochs.components(separatedBy: "<polyline").count - 1 == 6)
    #expect([cost, epochs].allSatisfy { $0.contains("<title>") && $0.contains("<desc>") && $0.contains("prefers-color-scheme") })
  }

  @Test func `the page escapes what it shows`() throws {
    let result = try Self.study(["1VA", "2VA"])
    let html = StudyPage(result, plot: AccuracyPlot(result, subtitle: ""), settings: [("classes", "<script>alert(1)</script>")]).html
    #expect(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert") && html.contains("Recommended"))
  }
}

/// Counts opened and closed tags; enough to catch a broken one.
struct XMLCheck {
  func isWellFormed(_ text: String) -> Bool {
    var open: [String] = []
    for match in text.matches(of: /<(\/?)([a-z]+)([^<>]*?)(\/?)>/) {
      let name = String(match.output.2)
      if match.output.1 == "/" {
        if open.popLast() != name { return false }
      } else if match.output.4 != "/" {
        open.append(name)
      }
    }
    return open.isEmpty && !text.replacing(/<[^<>]*>/, with: "").contains(/[<>]/)
  }
}
