import ArgumentParser
import Classification
import Foundation
import Torch

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Classify texts.",
    usage: "fathom predict --model <model> [<options>]",
    discussion: """
      One text per line on standard input, of a model of pairs both with a tab between; one JSON object per line on \
      standard output: label (labels of a model with several per text, values of a regression), scores (a probability \
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
    let isOfPairs = classifier.settings.readsPairs
    try InputLines.forEachBatch(atMost: 1024) { lines in
      let inputs = lines.map { isOfPairs ? TextInput(pair: $0) : TextInput($0) }
      for prediction in try classifier.predict(inputs, dtype: engine.precision.dtype, device: device) {
        try Output.json(prediction.json())
      }
    }
  }
}

extension TextInput {
  /// A line with a tab between the texts of a pair.
  fileprivate init(pair line: String) {
    let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(String(parts[0]), second: parts.count > 1 ? String(parts[1]) : nil)
  }
}
