import ArgumentParser
import Classification
import Foundation
import Torch

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Classify texts.",
    discussion: """
      One text a line on standard input; one {"label": …, "scores": {label: probability}, "logits": […]} a line on
      standard output. Texts are taken as they are: no HTML is removed.

      EXAMPLE
        echo "A film to fall asleep in." | fathom predict --model model
      """)

  @Option(help: "A classifier's folder: of Fathom, or a fine-tuned BertForSequenceClassification.")
  var model: String

  @OptionGroup var engine: EngineArguments

  func run() throws {
    let device = try engine.apply()
    let classifier = try TextClassifier(folder: URL(fileURLWithPath: model))
    classifier.network.move(to: device)
    classifier.network.bert?.keepWeights(as: engine.precision.dtype)
    let labels = classifier.settings.labels
    try Output.forEachLines(atMost: 1024) { lines in
      let rows = classifier.logits(classifier.encode(lines), dtype: engine.precision.dtype, device: device)
      for row in rows {
        let scores = TextClassifier.softmax(row)
        let best = row.indices.max { row[$0] < row[$1] }!
        try Output.json(
          [
            "label": labels[best], "scores": Dictionary(uniqueKeysWithValues: zip(labels, scores)),
            "logits": row.map(Double.init),
          ] as [String: Any])
      }
    }
  }
}
