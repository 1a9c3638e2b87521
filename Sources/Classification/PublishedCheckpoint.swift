import Checkpoint
import Encoder
import Files
import Foundation

/// What the shapes of a `.pt` file of the study of 2019 say about the classifier in it: `bert.*`, `lstm.*`
/// and `clf.*`.
struct PublishedCheckpoint {
  let variant: Variant
  /// P, where the file has position embeddings or a layer as wide as P hidden sizes; nil for
  /// `baseline-custom`
  let maximumLength: Int?
  let classCount: Int

  /// - Returns: nil when the file is none of that study's: it has no classifier, or one whose input is of
  ///   another kind.
  /// - Throws: `FathomError` for a kind of head that Fathom does not have.
  init?(_ checkpoint: Checkpoint) throws {
    guard let classifier = checkpoint.matrix("classifier.weight") else { return nil }
    classCount = classifier.rows
    maximumLength = checkpoint.matrix("embeddings.position_embeddings.weight")?.rows
    let hiddenSize = checkpoint.matrix("embeddings.word_embeddings.weight")?.columns
    let blocks = PublishedCheckpoint.blockCount(checkpoint)
    if let lstm = checkpoint.matrix("lstm.weight_ih_l0")?.columns {
      try PublishedCheckpoint.checkRecurrence(checkpoint)
      guard let hiddenSize else {
        variant = .baselineCustom
        return
      }
      if blocks == 0 {
        variant = .baselineBERT
      } else if lstm == hiddenSize {
        variant = Variant(.bert(.first(blocks)), .lstm)
      } else if lstm == (blocks + 1) * hiddenSize {
        variant = Variant(.bert(.first(blocks)), .concatenatedLSTM)
      } else {
        return nil
      }
    } else if let hiddenSize, let maximumLength {
      switch classifier.columns {
      case hiddenSize: variant = Variant(.bert(.first(blocks)), .pooled)
      case maximumLength * hiddenSize:
        variant = Variant(.bert(.first(blocks)), .flattened)
      default: return nil
      }
    } else {
      return nil
    }
  }

  private static func blockCount(_ checkpoint: Checkpoint) -> Int {
    var count = 0
    while checkpoint.contains("encoder.layer.\(count).output.dense.weight") { count += 1 }
    return count
  }

  private static func checkRecurrence(_ checkpoint: Checkpoint) throws {
    func fault(_ what: Sentence) -> FathomError {
      FathomError(
        .unsupported, at: checkpoint.files[0].path, what,
        mend: "Fathom's recurrent heads have one layer, two directions and 128 units")
    }
    if checkpoint.contains("lstm.weight_ih_l1") { throw fault("the LSTM has several layers") }
    if !checkpoint.contains("lstm.weight_ih_l0_reverse") { throw fault("the LSTM has one direction") }
    if let size = checkpoint.matrix("lstm.weight_hh_l0")?.columns, size != 128 {
      throw fault("the LSTM has \(size) units")
    }
  }

  /// What differs when Fathom reads it as it reads its own models.
  var differences: [String] {
    switch variant.head {
    case .lstm, .concatenatedLSTM:
      [
        "the recurrent head is read after each text's own last token, in 2019 it was at the lengths of other texts of "
          + "the batch: its logits are not those of 2019"
      ]
    case .flattened:
      [
        "[PAD] positions count as zeros, in 2019 the head read what BERT gives there: its logits are not those of 2019"
          + " for a text that is shorter than \(maximumLength ?? 512) tokens"
      ]
    default: []
    }
  }

  /// - Parameters:
  ///   - labels: in the order of the logits; nil for neg and pos.
  ///   - maximumLength: where the file does not say it.
  func settings(labels: [String]?, maximumLength: Int = 512) -> ClassifierSettings {
    let usual = classCount == 2 ? ["neg", "pos"] : (0..<classCount).map { "LABEL_\($0)" }
    return ClassifierSettings(
      variant: variant, labels: labels ?? usual,
      text: TextSettings(maximumLength: self.maximumLength ?? maximumLength))
  }
}

/// A classifier of the study of 2019, opened.
public struct PublishedClassifier {
  public let classifier: TextClassifier
  /// What Fathom reads otherwise than that study's code, a sentence each
  public let differences: [String]

  /// - Parameters:
  ///   - file: a `.pt` with `bert.*`, `lstm.*` and `clf.*`.
  ///   - model: the folder of the BERT that it was made from, for config.json and the vocabulary.
  ///   - variant: nil takes that of the shapes; an LBD and an LV have the same.
  ///   - labels: in the order of the logits; nil for neg and pos.
  ///   - maximumLength: P, for a `baseline-custom`, whose file does not say it.
  ///   - asPublished: reads padding, markup and recurrent heads as that study did.
  /// - Throws: `FathomError` naming what is wrong.
  public init(
    _ file: URL, model: URL, variant: Variant? = nil, labels: [String]? = nil, maximumLength: Int? = nil,
    asPublished: Bool = false
  ) throws {
    let checkpoint = try Checkpoint(file: file, folder: model)
    guard let published = try PublishedCheckpoint(checkpoint) else {
      throw FathomError(
        .unsupported, at: file.path, "it holds no classifier of the study of 2019",
        mend: "bring a file with bert.*, lstm.* and clf.* as its main.py saves them")
    }
    var settings = published.settings(labels: labels, maximumLength: maximumLength ?? 512)
    if let labels {
      guard labels.count == published.classCount else {
        throw FathomError(
          .mismatch, at: file.path,
          "its classifier gives \(published.classCount) classes, not \(labels.count)",
          mend: "name each with \(.labels)")
      }
      try ClassifierSettings.checkLabels(labels) {
        FathomError(.setting, "\(.labels) \($0)", mend: "name each class once")
      }
    }
    if let variant {
      guard variant.head == published.variant.head, variant.blockCount == published.variant.blockCount,
        variant.source == "none" || variant.source == "embeddings" ? variant == published.variant : true
      else {
        throw FathomError(
          .mismatch, at: file.path, "its shapes are those of a \(published.variant), not of a \(variant)",
          mend: "leave \(.variant) out")
      }
      settings.variant = variant
    }
    if let maximumLength, maximumLength != settings.maximumLength {
      throw FathomError(
        .mismatch, at: file.path, "it reads \(settings.maximumLength) tokens",
        mend: "leave \(.maximumLength) out")
    }
    if asPublished {
      settings.text.cleaning = .markup2019
      settings.deviations.readsPadding = published.variant.head.reading != .pooledFirstToken
      settings.deviations.misreadsSteps =
        settings.deviations.readsPadding && published.variant.head != .flattened
    }
    classifier = try TextClassifier(checkpoint, settings)
    differences = asPublished ? [] : published.differences
  }
}
