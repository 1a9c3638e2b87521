import Files
import Checkpoint
import Foundation
import Study
import Training

/// Writes a study's `results.csv`, `results.md`, `accuracy.svg` and `report.html`.
public enum StudyFiles {
  /// - Returns: the names of the files.
  @discardableResult
  public static func write(_ study: StudyResult, to folder: URL) throws -> [String] {
    let settings = StudySettings(study)
    let plot = AccuracyPlot(study, subtitle: settings.subtitle)
    let files = [
      ("results.csv", ResultsCSV.text(study)), ("results.md", StudyMarkdown(study, settings).text),
      ("accuracy.svg", plot.svg),
      ("report.html", page(study)),
    ]
    for (name, text) in files {
      do { try Data(text.utf8).write(to: folder.appendingPathComponent(name), options: .atomic) } catch {
        throw CheckpointError("\(folder.path)/\(name) could not be written: free some space and run again")
      }
    }
    return files.map(\.0)
  }
}

extension StudyFiles {
  /// `report.html`
  public static func page(_ study: StudyResult) -> String {
    let settings = StudySettings(study)
    return StudyPage(study, plot: AccuracyPlot(study, subtitle: settings.subtitle), settings: settings.rows)
      .html
  }
}

/// How a study's figures were obtained, as its runs recorded it.
struct StudySettings {
  let subtitle: String
  let rows: [(name: String, value: String)]

  init(_ study: StudyResult) {
    let runs = study.results.flatMap(\.runs)
    /// The values of a setting over all runs, each once.
    func values(_ key: String) -> String {
      runs.compactMap { $0.settings[key]?.text }.reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      .joined(separator: ", ")
    }
    let seeds = study.results.first?.runs.map { String($0.seed) } ?? []
    let selection =
      study.selectedOnTest
      ? "epochs selected on the test set (2019 protocol)"
      : "epochs selected on \(values("validation_examples")) validation examples"
    subtitle =
      "\(values("test_examples")) test examples, \(values("train_examples")) for training, "
      + (seeds.count == 1 ? "seed \(seeds[0])" : "\(seeds.count) seeds") + "; \(selection)"
    let share = values("head_share")
    rows = [
      ("model", values("model")), ("training examples", values("train_examples")),
      ("validation examples", values("validation_examples")), ("test examples", values("test_examples")),
      ("classes", runs.first?.classes?.joined(separator: ", ") ?? ""),
      ("seeds", seeds.joined(separator: ", ")),
      ("epochs at most", values("epochs_planned")), ("selection", selection),
      ("batch size", values("batch_size")),
      (
        "learning rates",
        "BERT \(values("bert_lr")), head \(values("head_lr")); \(values("schedule")), warm-up \(values("warmup"))"
      ),
      (
        "tokens a text",
        "\(values("max_length")) at most, \(values("truncation"))"
          + (share.isEmpty ? "" : " (head share \(share))")
      ),
      ("device", "\(values("device")), \(values("precision")), \(values("threads")) threads"),
      (
        "intervals",
        "95 %: Wilson over test examples; with several seeds Student's t over them too, in quadrature. Gains are paired by example."
      ),
    ].filter { !$0.value.isEmpty }
  }
}

extension JSONValue {
  /// As a reader expects it; nil for null.
  var text: String? {
    switch self {
    case .bool(let value): String(value)
    case .int(let value): String(value)
    case .double(let value): String(format: "%g", value)
    case .string(let value): value
    case .null: nil
    }
  }
}
