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
    classifier.keepForInference(as: engine.precision.dtype, on: device)
    try InputLines.forEachBatch(atMost: 1024) { lines in
      for prediction in try classifier.predict(lines, dtype: engine.precision.dtype, device: device) {
        try Output.json(prediction.json)
      }
    }
  }
}
