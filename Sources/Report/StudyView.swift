import Charts
import Foundation
import Study
import Training

/// A study's report as the template `study` takes it.
struct StudyView {
  struct Gains {
    let table: TableView
    let largest: String?
  }

  struct Mistakes {
    struct Row {
      let label: String
      let predicted: String
      let probability: String?
      let text: String
    }

    let name: String
    let rows: [Row]
  }

  struct Setting {
    let name: String
    let value: String
  }

  let conclusion: String
  let notes: [String]
  let gainUnit: String
  let headlineTitle: String
  let isSelectedOnTest: Bool
  let accuracyPlot: String
  let table: TableView
  let gains: Gains?
  let costPlots: [String]
  let epochPlot: String
  let learningCurve: String?
  let hasConfusions: Bool
  let hasMatrices: Bool
  let matrices: [ConfusionMatrixView]
  let confusions: [WorstConfusionsView]
  let confusionNote: String?
  let mistakes: Mistakes?
  let settings: [Setting]

  init(_ report: StudyReport) {
    let study = report.study
    conclusion = report.table.conclusion.withMinusSigns
    notes = report.table.notes
    gainUnit = report.table.headline.unit
    headlineTitle = report.table.headline.title
    isSelectedOnTest = study.selectedOnTest
    accuracyPlot = report.accuracyPlot
    table = TableView(
      report.table.columns, report.table.rows, recommended: report.chosen?.description, isSortable: true)
    let gainRows = report.table.deltaRows.map { $0.map(\.withMinusSigns) }
    gains =
      gainRows.isEmpty
      ? nil
      : Gains(
        table: TableView(["step", "gain", "interval"], gainRows), largest: study.largestGain?.withMinusSigns)
    costPlots = report.costPlots
    epochPlot = EpochPlot(study).svg
    learningCurve = study.smallerStudies.isEmpty ? nil : LearningCurvePlot(study).svg
    let classCount = study.results.first?.runs[0].test.confusion?.classCount ?? 0
    hasConfusions = classCount > 0
    hasMatrices = classCount <= StudyReport.largestMatrix
    matrices = hasMatrices ? study.results.compactMap(ConfusionMatrixView.init) : []
    confusions = hasMatrices ? [] : study.results.compactMap(WorstConfusionsView.init)
    confusionNote =
      hasMatrices
      ? nil
      : "With \(classCount) classes a matrix cannot be read: these are the most frequent confusions, at most "
        + "\(StudyReport.listedConfusions) of each model."
    mistakes = report.mistakes.map { name, mistakes in
      let rows = mistakes.map { mistake in
        Mistakes.Row(
          label: mistake.label, predicted: mistake.predicted,
          probability: mistake.probability.map { String(format: "%.1f\u{202F}%%", $0 * 100) },
          text: mistake.text)
      }
      return Mistakes(name: name, rows: rows)
    }
    settings = report.settings.rows.map { Setting(name: $0.name, value: $0.value) }
  }
}

/// The counts of true and predicted classes, a row per true class.
struct ConfusionMatrixView {
  struct Row {
    let name: String
    let cells: [Cell]
  }

  struct Cell {
    let count: String
    /// Of the largest count: how strongly the cell is coloured.
    let share: String
  }

  let name: String
  let classes: [String]
  let rows: [Row]

  init?(_ result: VariantResult) {
    guard let confusion = result.runs[0].test.confusion else { return nil }
    let names = result.runs[0].classNames(confusion.classCount)
    let counts = confusion.rows
    let largest = Double(max(counts.joined().max() ?? 1, 1))
    name = result.variant.description
    classes = names
    rows = zip(names, counts).map { name, row in
      let cells = row.map { Cell(count: String($0), share: String(format: "%.2f", Double($0) / largest)) }
      return Row(name: name, cells: cells)
    }
  }
}

/// The most frequent confusions of many classes.
struct WorstConfusionsView {
  struct Row {
    let target: String
    let predicted: String
    let count: String
    let share: String
  }

  let name: String
  let rows: [Row]

  init?(_ result: VariantResult) {
    guard let confusion = result.runs[0].test.confusion else { return nil }
    let names = result.runs[0].classNames(confusion.classCount)
    var present = [Int](repeating: 0, count: confusion.classCount)
    for cell in confusion.cells { present[cell.target] += cell.count }
    name = result.variant.description
    rows = confusion.worst(StudyReport.listedConfusions).map { cell in
      let share = Double(cell.count) / Double(present[cell.target]) * 100
      return Row(
        target: names[cell.target], predicted: names[cell.predicted], count: String(cell.count),
        share: String(format: "%.1f\u{202F}%%", share))
    }
  }
}

extension RunRecord {
  /// A name for each class, also where the record names too few.
  func classNames(_ count: Int) -> [String] {
    let known = classes ?? []
    return (0..<count).map { $0 < known.count ? known[$0] : "class \($0)" }
  }
}
