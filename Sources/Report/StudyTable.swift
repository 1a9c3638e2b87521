import Foundation
import Study
import Training

/// The study as text: the table, the gains by depth, the recommendation.
public struct StudyTable {
  private let study: StudyResult
  let headline: Headline
  /// The recommendation in a sentence or two, or why there is none.
  let conclusion: String
  let deltaRows: [[String]]

  public init(_ study: StudyResult) {
    self.study = study
    headline = Headline(study)
    conclusion = study.conclusion.sentence
    deltaRows = StudyTable.deltaRows(study)
  }

  /// On IMDB the figures of 2019 stand beside ours.
  var columns: [String] {
    [
      "variant", "blocks", "head", "parameters", "size", "peak", "validation", "test", "95% interval",
      "training", "examples/s",
    ] + (study.isIMDB ? ["2019"] : [])
  }

  /// One row per variant, as the page and the terminal show it.
  var rows: [[String]] {
    study.results.map { result in
      [
        result.variant.description, String(result.variant.blockCount), result.variant.head.title,
        String(format: "%.2f M", Double(result.parameters) / 1e6),
        String(format: "%.1f MB", Double(result.sizeBytes) / 1e6),
        result.peakEpochs, result.validationFigure.map(headline.cell) ?? "–",
        headline.cell(result.testFigure), headline.cell(result.testInterval),
        duration(result.trainSeconds), String(format: "%.0f", result.inferenceExamplesPerSecond),
      ]
        + (study.isIMDB
          ? [IMDB2019.accuracies[result.variant.description].map { String(format: "%.2f", $0) } ?? "–"] : [])
    }
  }

  public var text: String {
    var out = StudyTable.layOut([columns] + rows)
    if let figuresNote { out += "\n\(figuresNote)\n" }
    if let note2019 { out += "\n\(note2019)\n" }
    if study.selectedOnTest {
      out += "\nEpochs were selected on the test set (the 2019 protocol): test figures are optimistic.\n"
    }
    if let batchNote { out += "\n\(batchNote)\n" }
    for note in study.notes { out += "\n\(note)\n" }
    if !deltaRows.isEmpty {
      out += "\nGain from each depth to the next (\(headline.unit))\n" + StudyTable.layOut(deltaRows)
    }
    if let gain = study.largestGain { out += "\(gain)\n" }
    return out + "\n\(conclusion)\n"
  }

  /// How test figures were averaged where gains and the sentence count examples
  var batchNote: String? {
    study.results.contains { $0.runs[0].settings.training.averagesOverBatches == true }
      ? "Test figures are means over batches, as published; gains and the conclusion count examples." : nil
  }

  /// Everything that a reader of the table has to know
  var notes: [String] { [figuresNote, batchNote, note2019].compactMap { $0 } + study.notes }

  /// What validation and test figures are, where they are no accuracy.
  var figuresNote: String? {
    guard headline.metric != .accuracy else { return nil }
    return "validation and test: \(headline.title)" + (headline.metric.isShare ? ", in percent." : ".")
  }

  /// What the column of 2019 is; nil without it.
  var note2019: String? {
    study.isIMDB
      ? "2019: test accuracy of the study of 2019, trained on all 25,000 reviews, "
        + "its epochs picked on the test set."
      : nil
  }

  private static func deltaRows(_ study: StudyResult) -> [[String]] {
    let headline = Headline(study)
    return study.deltas.map { delta in
      let interval = delta.difference.interval
      return [
        "\(delta.from) → \(delta.to)", headline.gain(delta.difference.mean),
        "95% interval \(headline.gain(interval.lowerBound)) to \(headline.gain(interval.upperBound))",
      ]
    }
  }

  private func duration(_ seconds: Double) -> String {
    ElapsedTime(seconds).description
  }

  /// Columns of equal width; the first is flush left.
  public static func layOut(_ rows: [[String]]) -> String {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let blank = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + blank : blank + cell.0
      }.joined(separator: "  ") + "\n"
    }.joined()
  }
}

/// `results.csv`: one row per variant, figures unrounded.
public enum ResultsCSV {
  public static func text(_ study: StudyResult) -> String {
    let name = Headline(study).metric.rawValue.replacing("-", with: "_")
    var out =
      "variant,blocks,source,head,seeds,parameters,size_bytes,peak_epoch,validation_\(name),test_\(name),"
      + "test_low,test_high,test_macro_f1,train_seconds,inference_examples_per_second,selected_on,folds\n"
    for result in study.results {
      let interval = result.testInterval
      let fields: [String] = [
        result.variant.description, String(result.variant.blockCount), result.variant.source,
        result.variant.head.title,
        String(result.seedCount), String(result.parameters), String(result.sizeBytes), result.peakEpochs,
        result.validationFigure.map { String($0) } ?? "", String(result.testFigure),
        String(interval.lowerBound),
        String(interval.upperBound), result.testMacroF1.map { String($0) } ?? "", String(result.trainSeconds),
        String(result.inferenceExamplesPerSecond), study.selectedOnTest ? "test" : "validation",
        String(result.foldCount),
      ]
      out += fields.joined(separator: ",") + "\n"
    }
    return out
  }
}
