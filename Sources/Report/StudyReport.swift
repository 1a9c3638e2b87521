import Classification
import Foundation
import Study
import Training

/// Everything that a study's report shows, worked out once.
public struct StudyReport {
  let study: StudyResult
  let table: StudyTable
  let settings: StudySettings
  let accuracyPlot: String
  private let recommendation: Recommendation?

  /// Up to so many classes a confusion matrix can be read; beyond, the worst confusions are listed.
  static let largestMatrix = 12
  static let listedConfusions = 20

  public init(_ study: StudyResult) {
    self.study = study
    recommendation = study.recommendation
    table = StudyTable(study)
    settings = StudySettings(study)
    accuracyPlot =
      AccuracyPlot(study, subtitle: settings.subtitle, recommendation: recommendation).svg
  }

  /// As the terminal shows it.
  public var text: String { table.text }

  /// `results.md`
  public var markdown: String { StudyMarkdown(self).text }

  /// `results.csv`
  public var csv: String { ResultsCSV.text(study) }

  /// `report.html`
  public var page: Page {
    Page(
      title: "Fathom: how deep does it have to be?", body: Templates.render("study", StudyView(self)),
      scripts: [Resource.sortTables])
  }

  var chosen: Variant? { recommendation?.recommended.variant }

  /// Of the recommended model, or of the most accurate where none is recommended.
  var mistakes: (name: String, mistakes: [Mistake])? {
    let result = recommendation?.recommended ?? study.results.max { $0.testScore < $1.testScore }
    guard let result, let mistakes = result.runs[0].mistakes, !mistakes.isEmpty else { return nil }
    return (result.variant.description, mistakes)
  }

  var costPlots: [String] {
    func plot(_ cost: String, _ axis: String, _ value: @escaping (VariantResult) -> Double) -> String {
      CostPlot(
        study, title: "Test \(table.headline.title) against \(cost)", axis: axis, chosen: chosen, cost: value
      ).svg
    }
    var plots = [plot("parameters", "million parameters") { Double($0.parameters) / 1e6 }]
    if study.results.allSatisfy({ $0.latencyMilliseconds != nil }) {
      plots.append(plot("latency", "milliseconds per text, one at a time") { $0.latencyMilliseconds ?? 0 })
    } else {
      plots.append(
        plot("time", "milliseconds per text, in batches") { 1000 / max($0.inferenceExamplesPerSecond, 1e-9) })
    }
    if study.results.allSatisfy({ $0.runs.allSatisfy { $0.peakMemoryBytes != nil } }) {
      plots.append(
        plot("memory", "GB at the peak of training and testing") { result in
          Double(result.runs.compactMap(\.peakMemoryBytes).max() ?? 1) / 1e9
        })
    }
    return plots
  }
}
