import Foundation
import WordPiece

extension TextClassifier {
  /// `README.md` of a saved folder: what the model is and what has to be done to a text before it.
  var modelCard: String {
    let truncation: String
    switch settings.truncation {
    case .head: truncation = "the first tokens are kept"
    case .tail: truncation = "the last tokens are kept"
    case .headAndTail(let share): truncation = "the first \(share) of the room and the last tokens are kept"
    }
    let shown = settings.labels.prefix(20).map { "`\($0)`" }.joined(separator: ", ")
    let more = settings.labels.count > 20 ? " and \(settings.labels.count - 20) more" : ""
    return """
      # \(settings.variant), a text classifier

      Made by Fathom. \(outputsTitle), in the order of the logits: \(shown)\(more).

      ## What its logits mean

      \(decision)

      ## What is done to a text

      Whoever runs this model without Fathom must do the same, in this order:

      1. \(settings.text.cleaning.explanation)
      2. It is tokenized\(settings.readsPairs ? " with the second text of its pair" : "") by this folder's tokenizer\(tokenizer.lowercases ? ", which lower-cases" : ", which keeps case").
      3. At most \(settings.maximumLength) tokens are read, [CLS] and [SEP] included; of a longer text \(truncation).

      `fathom predict --model .` and `fathom serve` do all of it.
      \(deviationsSection)
      """
  }

  private var outputsTitle: String {
    switch settings.kind {
    case .singleLabel: "Classes"
    case .multiLabel: "Labels"
    case .regression: "Quantities"
    }
  }

  private var decision: String {
    let cooled = settings.temperature == 1 ? "" : "They are divided by \(settings.temperature) first. "
    switch settings.kind {
    case .singleLabel:
      return cooled + "Their softmax gives the classes' probabilities; the highest is the answer."
    case .multiLabel:
      let thresholds = settings.thresholds.map { all in
        zip(settings.labels, all).prefix(20).map { "`\($0)` \($1)" }.joined(separator: ", ")
      }
      return cooled + "The sigmoid of each is its label's probability; a label is given from a threshold on: "
        + (thresholds ?? "0.5 for each") + "."
    case .regression: return "They are the numbers themselves."
    }
  }

  private var deviationsSection: String {
    let sentences = settings.deviations.sentences
    if sentences.isEmpty { return "" }
    return "\n## What it does as a published study did\n\n" + sentences.map { "- \($0)\n" }.joined()
  }
}

extension TextCleaning {
  /// One sentence for a reader who has to do it himself.
  var explanation: String {
    switch self {
    case .none: "The text is taken as it is."
    case .markup:
      "Each `<br>`, `<br/>` or `<br />`, tab and line break becomes a space, runs of spaces become one, and those at the "
        + "ends go."
    case .markup2019: "Each `<br />` is removed with nothing in its place, as the study of 2019 did."
    }
  }
}
