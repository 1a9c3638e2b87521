import Foundation
import Report
import Study
import Testing

@Suite struct SnapshotTests {
  @Test func `the plot of accuracy is as it was`() throws {
    try Snapshot.check(
      AccuracyPlot(try SampleStudy.result(), subtitle: "200 test examples").svg, "accuracy.svg")
  }

  @Test func `the plot of cost is as it was`() throws {
    let plot = CostPlot(
      try SampleStudy.result(), title: "Test accuracy against parameters", axis: "million parameters"
    ) { Double($0.parameters) / 1e6 }
    try Snapshot.check(plot.svg, "cost.svg")
  }

  @Test func `the plot of epochs is as it was`() throws {
    try Snapshot.check(EpochPlot(try SampleStudy.result()).svg, "epochs.svg")
  }

  @Test func `the learning curve is as it was`() throws {
    var study = try SampleStudy.result()
    study.smallerStudies = [
      try SampleStudy.result(examples: 100, handicap: 0.15),
      try SampleStudy.result(examples: 300, handicap: 0.06),
    ]
    try Snapshot.check(LearningCurvePlot(study).svg, "learning-curve.svg")
  }

  @Test func `the plot of growth is as it was`() throws {
    let plot = GrowthPlot(
      title: "Time of an epoch",
      [
        GrowthPlot.Series(
          axis: "thousands of real tokens", points: [(12, 0.4), (24, 0.81), (48, 1.6), (96, 3.3)]),
        GrowthPlot.Series(axis: "blocks", points: (1...6).map { (Double($0), 0.1 + 0.21 * Double($0)) }),
        GrowthPlot.Series(
          axis: "millions of rows", points: [(0.25, 0.26), (0.5, 0.27), (1, 0.26), (2, 0.28)], isLevel: true),
      ])
    try Snapshot.check(plot.svg, "growth.svg")
  }

  private static func report() throws -> StudyReport {
    var study = try SampleStudy.result()
    study.smallerStudies = [try SampleStudy.result(examples: 300, handicap: 0.06)]
    return StudyReport(study)
  }

  @Test func `the table as text is as it was`() throws {
    try Snapshot.check(Self.report().text, "results.txt")
  }

  @Test func `the table as CSV is as it was`() throws {
    try Snapshot.check(Self.report().csv, "results.csv")
  }

  @Test func `the table as Markdown is as it was`() throws {
    try Snapshot.check(Self.report().markdown, "results.md")
  }

  @Test func `pages and Markdown have true minus signs, what programs or terminals read has hyphens`() throws
  {
    let report = try Self.report()
    for text in [report.page.html, report.markdown] {
      #expect(text.contains("interval \u{2212}2.96 to +7.46") && !text.contains("interval -"))
    }
    #expect(report.text.contains("interval -2.96 to +7.46"))
    #expect(!report.csv.contains("\u{2212}"))
  }

  @Test func `the report as a page is as it was`() throws {
    try Snapshot.check(Self.report().page.html, "report.html")
  }

  @Test func `a live page is the report with the runs under way and a script`() throws {
    let runs = [
      LivePage.Run(name: "1VA-s1", isFinished: true, epoch: 3, loss: 0.5, validation: 0.75, test: 0.7),
      LivePage.Run(name: "<2VA>", isFinished: false, epoch: nil, loss: nil, validation: nil, test: nil),
    ]
    let page = LivePage.live(LivePage.empty(title: "a < b"), section: LivePage.table(runs))
    try Snapshot.check(page, "live.html")
  }
}
