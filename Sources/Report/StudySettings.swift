import Foundation
import Study
import Training

/// How a study's figures were obtained, as its runs recorded it.
struct StudySettings {
  let subtitle: String
  let rows: [(name: String, value: String)]

  /// So many classes are named.
  private static let namedClasses = 20

  init(_ study: StudyResult) {
    let runs = study.results.flatMap(\.runs)
    /// The values of a setting over all runs, each once.
    func values(_ setting: (RunSettings) -> some CustomStringConvertible) -> String {
      let all = runs.map { setting($0.settings).description }
      return all.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
    }
    /// A number that may differ from fold to fold.
    func count(_ setting: (RunSettings) -> Int) -> String {
      let all = runs.map { setting($0.settings) }
      guard let fewest = all.min(), let most = all.max() else { return "" }
      return fewest == most ? String(most) : "\(fewest) to \(most)"
    }
    let first = study.results.first
    let seeds = Set(first?.runs.map(\.seed) ?? []).sorted().map(String.init)
    let folds = first?.foldCount ?? 0
    let metric = values { $0.training.metric.title }
    let selection =
      study.selectedOnTest
      ? "epochs selected by \(metric) on the test set (2019 protocol)"
      : "epochs selected by \(metric) on \(count { $0.data.validationExamples }) validation examples"
    subtitle =
      "\(count { $0.data.testExamples }) test examples, \(count { $0.data.trainExamples }) for training, "
      + (folds > 0 ? "\(folds) folds, " : "")
      + (seeds.count == 1 ? "seed \(seeds[0])" : "\(seeds.count) seeds") + "; \(selection)"
    let share = values { settings in
      if case .headAndTail(let share) = settings.text.truncation { String(share) } else { "" }
    }
    let cut = values { $0.text.truncation.name } + (share.isEmpty ? "" : " (head share \(share))")
    let rates = values { "BERT \($0.training.bertLearningRate), head \($0.training.headLearningRate)" }
    let schedule = values { "\($0.training.schedule.rawValue), warm-up \($0.training.warmup)" }
    let device = values { "\($0.training.device), \($0.training.precision.rawValue), \($0.threads) threads" }
    rows = [
      ("model", values { $0.model.name }), ("training examples", count { $0.data.trainExamples }),
      ("validation examples", count { $0.data.validationExamples }),
      ("test examples", count { $0.data.testExamples }), ("folds", folds > 0 ? String(folds) : ""),
      ("classes", StudySettings.names(runs.first?.classes ?? [])),
      ("seeds", seeds.joined(separator: ", ")), ("epochs at most", values { $0.training.epochs }),
      ("selection", selection), ("batch size", values { $0.training.batchSize }),
      ("learning rates", "\(rates); \(schedule)"),
      ("tokens per text", "\(values { $0.text.maximumLength }) at most, \(cut)"), ("device", device),
      ("as published in 2019", values { ($0.asPublished ?? []).joined(separator: ", ") }),
      (
        "intervals",
        "95 %: Wilson over test examples; with several seeds Student's t over them too, in quadrature. "
          + "Gains are paired by example."
      ),
    ].filter { !$0.value.isEmpty }
  }

  private static func names(_ classes: [String]) -> String {
    let shown = classes.prefix(namedClasses).joined(separator: ", ")
    return classes.count <= namedClasses ? shown : "\(shown), … (\(classes.count) in all)"
  }
}
