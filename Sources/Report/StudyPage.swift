import Foundation
import Study

/// The study as one HTML file that needs nothing else.
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
    let recommended = study.recommendation?.recommended.variant.description
    let rows = table.rows.map { row in
      let mark = row[0] == recommended ? " class=\"recommended\"" : ""
      return "<tr\(mark)>" + row.map { "<td>\(escape($0))</td>" }.joined() + "</tr>"
    }
    let deltas = table.deltaRows.map { row in "<tr>" + row.map { "<td>\(escape($0))</td>" }.joined() + "</tr>" }
    let warning =
      study.selectedOnTest
      ? "<p class=\"warning\">Epochs were selected on the test set (the 2019 protocol): test figures are optimistic.</p>" : ""
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Fathom: how deep does it have to be?</title>
      <style>
      body { font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; color: #1b1b1b; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.5rem; margin-bottom: .3rem } h2 { font-size: 1.1rem; margin-top: 2rem }
      .answer { background: #eef5fb; border-left: 4px solid #0072B2; padding: .7rem 1rem }
      .warning { background: #fdf0e6; border-left: 4px solid #D55E00; padding: .7rem 1rem }
      .wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px }
      th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid #e4e4e4; white-space: nowrap }
      th:first-child, td:first-child { text-align: left } tr.recommended { background: #eef5fb; font-weight: 600 }
      svg { width: 100%; height: auto } dl { display: grid; grid-template-columns: max-content auto; gap: .1rem 1rem; font-size: 14px }
      dt { color: #555 } dd { margin: 0 }
      </style></head><body>
      <h1>How deep does it have to be?</h1>
      <p class="answer">\(escape(study.recommendation?.sentence ?? "No recommendation: the study is empty."))</p>
      \(warning)
      \(plot.svg)
      <h2>All models</h2>
      <div class="wide"><table><thead><tr>\(StudyTable.columns.map { "<th>\($0)</th>" }.joined())</tr></thead>
      <tbody>\(rows.joined(separator: "\n"))</tbody></table></div>
      \(deltas.isEmpty ? "" : "<h2>Gain from each depth to the next (test accuracy, points)</h2><div class=\"wide\"><table><tbody>\(deltas.joined(separator: "\n"))</tbody></table></div>")
      <h2>How these figures were obtained</h2>
      <dl>\(settings.map { "<dt>\(escape($0.name))</dt><dd>\(escape($0.value))</dd>" }.joined(separator: "\n"))</dl>
      </body></html>

      """
  }
}
