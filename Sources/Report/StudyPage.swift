import Foundation
import Study
import Training

/// The study as one HTML file that needs nothing else: no network, light and dark, printable.
public struct StudyPage {
  private let study: StudyResult
  private let plot: AccuracyPlot
  private let settings: [(name: String, value: String)]

  /// - Parameter settings: what the figures belong to, in the order to show.
  public init(_ study: StudyResult, plot: AccuracyPlot, settings: [(name: String, value: String)]) {
    self.study = study
    self.plot = plot
    self.settings = settings
  }

  public var html: String {
    let table = StudyTable(study)
    let warning =
      study.selectedOnTest
      ? "<p class=\"warning\">Epochs were selected on the test set (the 2019 protocol): test figures are optimistic.</p>"
      : ""
    return PageStyle.document(
      title: "Fathom: how deep does it have to be?",
      body: """
        <h1>How deep does it have to be?</h1>
        <p class="answer">\(escape(table.conclusion))</p>
        \(warning)
        \(plot.svg)
        <h2>All models</h2>
        \(self.table(table.columns, table.rows, sortable: true))
        \(table.note2019.map { "<p>\(escape($0))</p>" } ?? "")
        \(deltas(table))
        <h2>Accuracy against cost</h2>
        \(costs)
        <h2>Epoch by epoch</h2>
        \(EpochPlot(study).svg)
        \(learningCurve)
        <h2>Confusion matrices</h2>
        <p>Test examples of the first seed; rows are true classes, columns predicted ones.</p>
        <div class="matrices">\(study.results.map(confusion).joined(separator: "\n"))</div>
        \(mistakes)
        <h2>How these figures were obtained</h2>
        <dl>\(settings.map { "<dt>\(escape($0.name))</dt><dd>\(escape($0.value))</dd>" }.joined(separator: "\n"))</dl>
        <script>\(PageStyle.script)</script>
        """)
  }

  private func table(_ head: [String], _ rows: [[String]], sortable: Bool = false) -> String {
    let recommended = study.recommendation?.recommended.variant.description
    let body = rows.map { row in
      let mark = row[0] == recommended ? " class=\"recommended\"" : ""
      return "<tr\(mark)>" + row.map { "<td>\(escape($0))</td>" }.joined() + "</tr>"
    }
    let titles = head.map {
      sortable
        ? "<th scope=\"col\"><button type=\"button\">\(escape($0))</button></th>"
        : "<th scope=\"col\">\(escape($0))</th>"
    }
    return
      "<div class=\"wide\"><table\(sortable ? " class=\"sortable\"" : "")><thead><tr>\(titles.joined())</tr></thead><tbody>"
      + body.joined(separator: "\n") + "</tbody></table></div>"
  }

  private func deltas(_ table: StudyTable) -> String {
    guard !table.deltaRows.isEmpty else { return "" }
    return "<h2>Gain from each depth to the next</h2><p>In points of test accuracy.</p>"
      + self.table(["step", "gain", "interval"], table.deltaRows)
      + (study.largestGain.map { "<p>\(escape($0))</p>" } ?? "")
  }

  private var costs: String {
    var plots = [
      CostPlot(study, title: "Test accuracy against parameters", axis: "million parameters") {
        Double($0.parameters) / 1e6
      }.svg
    ]
    if study.results.allSatisfy({ $0.latencyMilliseconds != nil }) {
      plots.append(
        CostPlot(study, title: "Test accuracy against latency", axis: "milliseconds a text, one at a time") {
          $0.latencyMilliseconds!
        }.svg)
    } else {
      plots.append(
        CostPlot(study, title: "Test accuracy against time", axis: "milliseconds a text, in batches") {
          1000 / max($0.inferenceExamplesPerSecond, 1e-9)
        }.svg)
    }
    if study.results.allSatisfy({ $0.runs.allSatisfy { $0.peakMemoryBytes != nil } }) {
      plots.append(
        CostPlot(study, title: "Test accuracy against memory", axis: "GB at the peak of training and testing")
        {
          Double($0.runs.compactMap(\.peakMemoryBytes).max() ?? 1) / 1e9
        }.svg)
    }
    return plots.joined(separator: "\n")
      + "<p>The dashed line joins the models that no other beats in accuracy without costing more.</p>"
  }

  private var learningCurve: String {
    guard !study.smallerStudies.isEmpty else { return "" }
    return "<h2>With fewer training examples</h2>\n" + LearningCurvePlot(study).svg
  }

  /// Of the recommended model, or of the best where none is recommended.
  private var mistakes: String {
    let chosen = study.recommendation?.recommended ?? study.results.max { $0.testAccuracy < $1.testAccuracy }
    guard let chosen, let mistakes = chosen.runs[0].mistakes, !mistakes.isEmpty else { return "" }
    let items = mistakes.map { mistake in
      String(
        format: "<li><b>%@</b>, predicted <b>%@</b> with %.1f\u{202F}%%: ", escape(mistake.label),
        escape(mistake.predicted),
        mistake.probability * 100)
        + "<q>\(escape(mistake.text))</q></li>"
    }
    return
      "<h2>Most confident mistakes</h2>\n<p>Of \(escape(chosen.variant.description)) on the test set, first seed: the label, then what it predicted.</p>"
      + "<ol class=\"mistakes\">\(items.joined(separator: "\n"))</ol>"
  }

  private func confusion(_ result: VariantResult) -> String {
    guard let confusion = result.runs[0].test.confusion, confusion.classCount <= 50 else { return "" }
    let counts = confusion.rows
    let names = result.runs[0].classes ?? counts.indices.map { "class \($0)" }
    let largest = Double(counts.joined().max() ?? 1)
    let rows = zip(names, counts).map { name, row in
      "<tr><th scope=\"row\">\(escape(name))</th>"
        + row.map {
          "<td style=\"--share:\(String(format: "%.2f", Double($0) / max(largest, 1)))\">\($0)</td>"
        }.joined() + "</tr>"
    }
    return
      "<table class=\"confusion\"><caption>\(escape(result.variant.description))</caption><thead><tr><td></td>"
      + names.map { "<th scope=\"col\">\(escape($0))</th>" }.joined()
      + "</tr></thead><tbody>\(rows.joined())</tbody></table>"
  }
}
