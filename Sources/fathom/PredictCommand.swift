import ArgumentParser
import Classification
import Foundation
import Torch

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Classify texts.",
    usage: "fathom predict --model <model> [<options>]",
    discussion: """
      One text per line on standard input; one JSON object per line on standard output: label, scores (a probability \
      for each label), logits, token_count (of the whole text), tokens_read and truncated. A text is cleaned as the \
      model's training texts were.

      EXAMPLE
        echo "A film to fall asleep in." | fathom predict --model model
      """)

  @Option(help: "A classifier: its folder, or its name at Hugging Face (a BertForSequenceClassification).")
  var model: ModelArgument

  @OptionGroup var engine: EngineArguments

  func run() throws {
    let device = try engine.apply()
    let classifier = try TextClassifier(folder: model.folder())
    classifier.keepForInference(as: engine.precision.dtype, on: device)
    try InputLines.forEachBatch(atMost: 1024) { lines in
      for prediction in try classifier.predict(lines, dtype: engine.precision.dtype, device: device) {
        try Output.json(prediction.json)
      }
    }
  }
}
