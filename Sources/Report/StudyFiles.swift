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
      try AtomicFile.write(Data(text.utf8), to: folder.appendingPathComponent(name))
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
    func values(_ setting: (RunSettings) -> some CustomStringConvertible) -> String {
      runs.map { setting($0.settings).description }.reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      .joined(separator: ", ")
    }
    let seeds = study.results.first?.runs.map { String($0.seed) } ?? []
    let selection =
      study.selectedOnTest
      ? "epochs selected on the test set (2019 protocol)"
      : "epochs selected on \(values { $0.data.validationExamples }) validation examples"
    subtitle =
      "\(values { $0.data.testExamples }) test examples, \(values { $0.data.trainExamples }) for training, "
      + (seeds.count == 1 ? "seed \(seeds[0])" : "\(seeds.count) seeds") + "; \(selection)"
    let share = values { settings in
      if case .headAndTail(let share) = settings.text.truncation { String(share) } else { "" }
    }
    rows = [
      ("model", values { $0.model.name }), ("training examples", values { $0.data.trainExamples }),
      ("validation examples", values { $0.data.validationExamples }), ("test examples", values { $0.data.testExamples }),
      ("classes", runs.first?.classes?.joined(separator: ", ") ?? ""),
      ("seeds", seeds.joined(separator: ", ")),
      ("epochs at most", values { $0.training.epochs }), ("selection", selection),
      ("batch size", values { $0.training.batchSize }),
      (
        "learning rates",
        "BERT \(values { $0.training.bertLearningRate }), head \(values { $0.training.headLearningRate }); \(values { $0.training.schedule.rawValue }), warm-up \(values { $0.training.warmup })"
      ),
      (
        "tokens per text",
        "\(values { $0.text.maximumLength }) at most, \(values { $0.text.truncation.name })"
          + (share.isEmpty ? "" : " (head share \(share))")
      ),
      ("device", "\(values { $0.training.device }), \(values { $0.training.precision.rawValue }), \(values { $0.threads }) threads"),
      (
        "intervals",
        "95 %: Wilson over test examples; with several seeds Student's t over them too, in quadrature. Gains are paired by example."
      ),
    ].filter { !$0.value.isEmpty }
  }
}
