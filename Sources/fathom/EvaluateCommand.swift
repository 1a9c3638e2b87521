import ArgumentParser
import Classification
import Corpus
import Foundation
import Torch
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Measure a trained classifier on labelled data.",
    usage: "fathom evaluate --model <model> --test <test> [<options>]",
    discussion: """
      EXAMPLE
        fathom evaluate --model model --test held-out.csv --json
      """)

  @Option(help: "A classifier: its folder, or its name at Hugging Face (a BertForSequenceClassification).")
  var model: ModelArgument

  @Option(
    parsing: .upToNextOption,
    help:
      "Labelled data: CSV, TSV, JSON, Parquet or Arrow, also compressed; a folder; several; - for standard input."
  )
  var test: [PathArgument]

  @OptionGroup var data: DataArguments
  @OptionGroup var engine: EngineArguments

  @Option(help: "Seed of the sample.", in: .seed)
  var splitSeed: UInt64 = 1

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  func run() throws {
    let device = try engine.apply()
    let classifier = try TextClassifier(folder: model.folder())
    classifier.keepForInference(as: engine.precision.dtype, on: device)
    let labels = classifier.settings.labels
    let kind = classifier.settings.kind
    let examples = try data.columns.load(test, .test, task: TaskName(kind), classes: labels)
      .limited(to: data.testLimit, seed: splitSeed)
    let started = Date()
    let logits = try classifier.logits(
      EncodedTexts(examples, classifier), dtype: engine.precision.dtype, device: device)
    let seconds = Date().timeIntervalSince(started)
    let metrics = try Metrics(task: classifier.task, logits: logits, targets: examples.allTargets)
    if json { return try Output.json(object(metrics, classifier, seconds, device)) }
    try Output.line(
      metrics.summary
        + String(
          format: "  (%d examples, %.1f per second, %@, %@)", metrics.count, Double(metrics.count) / seconds,
          device.description, engine.precision.rawValue))
    if kind == .regression { return }
    try showClasses(labels, metrics)
    if let confusion = metrics.confusion { try show(confusion, labels) }
  }

  private func object(
    _ metrics: Metrics, _ classifier: TextClassifier, _ seconds: Double, _ device: Device
  ) -> [String: Any] {
    let labels = classifier.settings.labels
    var object: [String: Any] = [
      "variant": classifier.settings.variant.description, "task": classifier.settings.kind.rawValue,
      "examples": metrics.count, "labels": labels, "examples_per_second": Double(metrics.count) / seconds,
      "device": device.description, "precision": engine.precision.rawValue,
    ]
    for (metric, value) in metrics.figures {
      object[metric.rawValue.replacingOccurrences(of: "-", with: "_")] = value
    }
    if let confusion = metrics.confusion { object["confusion"] = confusion.rows }
    if let classes = metrics.classes {
      object["classes"] = zip(labels, classes).map { label, figures in
        [
          "label": label, "precision": figures.precision, "recall": figures.recall, "f1": figures.f1,
          "support": figures.support, "auc": figures.auc as Any? ?? NSNull(),
        ] as [String: Any]
      }
    }
    if let calibration = metrics.calibration {
      object["calibration"] = ["ece": calibration.expectedError, "brier": calibration.brier]
    }
    return object
  }

  private func showClasses(_ labels: [String], _ metrics: Metrics) throws {
    guard let classes = metrics.classes, labels.count <= 100 else { return }
    let width = max(7, labels.map(\.count).max()! + 2)
    try Output.line("\n" + "".padded(width) + "  precision  recall      F1  support")
    for (label, figures) in zip(labels, classes) {
      try Output.line(
        label.padded(width)
          + String(
            format: "%11.4f%8.4f%8.4f%9d", figures.precision, figures.recall, figures.f1, figures.support))
    }
    if let calibration = metrics.calibration {
      try Output.line(
        String(
          format: "\ncalibration: expected error %.4f, Brier score %.4f", calibration.expectedError,
          calibration.brier))
    }
  }

  private func show(_ confusion: Confusion, _ labels: [String]) throws {
    let width = max(7, labels.map(\.count).max()! + 2)
    try Output.line(
      "\nconfusion (rows: true, columns: predicted)\n" + "".padded(width)
        + labels.map { $0.padded(width) }.joined())
    for (label, row) in zip(labels, confusion.rows) {
      try Output.line(label.padded(width) + row.map { String($0).padded(width) }.joined())
    }
  }
}

extension String {
  /// Blanks before it up to a width.
  fileprivate func padded(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
