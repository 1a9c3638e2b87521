import Charts
import Study

/// The study as Markdown, for a README or an issue.
struct StudyMarkdown {
  private let report: StudyReport

  init(_ report: StudyReport) { self.report = report }

  var text: String {
    let table = report.table
    var out = table.conclusion.withMinusSigns + "\n\n" + rows([table.columns] + table.rows)
    for note in table.notes { out += "\n\(note)\n" }
    if !table.deltaRows.isEmpty {
      out += "\nGain from each depth to the next, in \(table.headline.unit):\n\n"
      out += rows([["step", "gain", "interval"]] + table.deltaRows.map { $0.map(\.withMinusSigns) })
      if let gain = report.study.largestGain { out += "\n\(gain.withMinusSigns)\n" }
    }
    return out + "\n" + report.settings.rows.map { "- \($0.name): \($0.value)\n" }.joined()
  }

  private func rows(_ rows: [[String]]) -> String {
    guard let head = rows.first else { return "" }
    let rule = "|" + head.indices.map { $0 == 0 ? " --- |" : " ---: |" }.joined() + "\n"
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    return line(head) + rule + rows.dropFirst().map(line).joined()
  }
}
