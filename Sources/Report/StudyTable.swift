import Foundation
import Study

/// The study as text: the table, the gains by depth, the recommendation.
public struct StudyTable {
  private let study: StudyResult
  /// The recommendation in a sentence or two, or why there is none.
  let conclusion: String
  let deltaRows: [[String]]

  public init(_ study: StudyResult) {
    self.study = study
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
        result.peakEpochs, result.validationAccuracy.map(percent) ?? "–", percent(result.testAccuracy),
        String(
          format: "%.2f–%.2f", result.testInterval.lowerBound * 100, result.testInterval.upperBound * 100),
        duration(result.trainSeconds), String(format: "%.0f", result.inferenceExamplesPerSecond),
      ]
        + (study.isIMDB
          ? [IMDB2019.accuracies[result.variant.description].map { String(format: "%.2f", $0) } ?? "–"] : [])
    }
  }

  public var text: String {
    var out = StudyTable.layOut([columns] + rows)
    if let note2019 { out += "\n\(note2019)\n" }
    if study.selectedOnTest {
      out += "\nEpochs were selected on the test set (the 2019 protocol): test figures are optimistic.\n"
    }
    if study.results.contains(where: { $0.runs[0].settings.training.averagesOverBatches == true }) {
      out += "\nTest figures are means over batches, as published; the sentence below counts examples.\n"
    }
    if !deltaRows.isEmpty {
      out += "\nGain from each depth to the next (test accuracy, points)\n" + StudyTable.layOut(deltaRows)
    }
    if let gain = study.largestGain { out += "\(gain)\n" }
    return out + "\n\(conclusion)\n"
  }

  /// What the column of 2019 is; nil without it.
  var note2019: String? {
    study.isIMDB
      ? "2019: test accuracy of the study of 2019, trained on all 25,000 reviews, "
        + "its epochs picked on the test set."
      : nil
  }

  private static func deltaRows(_ study: StudyResult) -> [[String]] {
    study.deltas.map { delta in
      let interval = delta.difference.interval
      return [
        "\(delta.from) → \(delta.to)", String(format: "%+.2f", delta.difference.mean * 100),
        String(format: "95%% interval %+.2f to %+.2f", interval.lowerBound * 100, interval.upperBound * 100),
      ]
    }
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f", share * 100) }

  private func duration(_ seconds: Double) -> String {
    seconds < 100
      ? String(format: "%.1f s", seconds)
      : String(format: "%d:%02d min", Int(seconds) / 60, Int(seconds) % 60)
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
    var out =
      "variant,blocks,source,head,seeds,parameters,size_bytes,peak_epoch,validation_accuracy,test_accuracy,"
      + "test_low,test_high,test_macro_f1,train_seconds,inference_examples_per_second,selected_on\n"
    for result in study.results {
      let interval = result.testInterval
      let fields: [String] = [
        result.variant.description, String(result.variant.blockCount), result.variant.source,
        result.variant.head.title,
        String(result.runs.count), String(result.parameters), String(result.sizeBytes), result.peakEpochs,
        result.validationAccuracy.map { String($0) } ?? "", String(result.testAccuracy),
        String(interval.lowerBound),
        String(interval.upperBound), String(result.testMacroF1), String(result.trainSeconds),
        String(result.inferenceExamplesPerSecond), study.selectedOnTest ? "test" : "validation",
      ]
      out += fields.joined(separator: ",") + "\n"
    }
    return out
  }
}
