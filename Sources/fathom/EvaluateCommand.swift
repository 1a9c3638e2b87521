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
    let examples = try data.columns.load(test, .test, classes: labels)
      .limited(to: data.testLimit, seed: splitSeed)
    let started = Date()
    let logits = try classifier.logits(
      EncodedTexts(examples, classifier), dtype: engine.precision.dtype, device: device)
    let seconds = Date().timeIntervalSince(started)
    let metrics = try Metrics(logits: logits, targets: examples.targets)
    if json {
      return try Output.json(
        [
          "variant": classifier.settings.variant.description, "examples": metrics.count,
          "accuracy": metrics.accuracy,
          "macro_f1": metrics.macroF1, "loss": metrics.loss, "confusion": metrics.confusion?.rows ?? [],
          "labels": labels,
          "examples_per_second": Double(metrics.count) / seconds, "device": device.description,
          "precision": engine.precision.rawValue,
        ] as [String: Any])
    }
    try Output.line(
      String(
        format: "accuracy %.2f %%  macro-F1 %.4f  loss %.4f  (%d examples, %.1f per second, %@, %@)",
        metrics.accuracy * 100,
        metrics.macroF1, metrics.loss, metrics.count, Double(metrics.count) / seconds, device.description,
        engine.precision.rawValue))
    let width = max(7, labels.map(\.count).max()! + 2)
    let pad = { (text: String) in String(repeating: " ", count: max(0, width - text.count)) + text }
    try Output.line("\nconfusion (rows: true, columns: predicted)\n" + pad("") + labels.map(pad).joined())
    for (label, row) in zip(labels, metrics.confusion?.rows ?? []) {
      try Output.line(pad(label) + row.map { pad(String($0)) }.joined())
    }
  }
}
