import Checkpoint
import Files
import Foundation
import WordPiece

/// What a saved classifier needs to know besides its weights.
public struct ClassifierSettings: Sendable, Equatable {
  public var variant: Variant
  public var kind = TaskKind.singleLabel
  /// Names of classes, labels or quantities; their order is that of the logits.
  public var labels: [String]
  /// Of a task with several labels per text: the probability from which each is given; nil for a half.
  public var thresholds: [Double]?
  /// Logits are divided by it before they become probabilities.
  /// - Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
  public var temperature = 1.0
  /// Whether it was trained on pairs of texts
  public var readsPairs = false
  public var text: TextSettings
  public var dropout: Double
  public var deviations = Deviations()

  public init(
    variant: Variant, labels: [String], maximumLength: Int, truncation: Truncation = .head,
    dropout: Double = 0.2,
    cleaning: TextCleaning = .markup
  ) {
    self.variant = variant
    self.labels = labels
    self.dropout = dropout
    text = TextSettings(maximumLength: maximumLength, truncation: truncation, cleaning: cleaning)
  }

  public init(
    variant: Variant, kind: TaskKind = .singleLabel, labels: [String], text: TextSettings,
    dropout: Double = 0.2, deviations: Deviations = Deviations()
  ) {
    self.kind = kind
    self.deviations = deviations
    self.variant = variant
    self.labels = labels
    self.text = text
    self.dropout = dropout
  }

  /// P, with [CLS] and [SEP]
  public var maximumLength: Int {
    get { text.maximumLength }
    set { text.maximumLength = newValue }
  }

  public var truncation: Truncation { text.truncation }
}

/// The `fathom` entry of config.json.
struct FolderEntry: Codable {
  /// Folders with a higher number are refused. 2 says what is done to a text; 3 how the model deviates, 4
  /// what is done to its logits and whether it reads pairs: written only where it is so.
  static let newestFormat = 4

  let format: Int
  let variant: Variant
  let dropout: Double
  let text: TextSettings
  let deviations: Deviations?
  let thresholds: [Double]?
  let temperature: Double?
  let pairs: Bool?

  enum CodingKeys: String, CodingKey {
    case format, variant, dropout, deviations, thresholds, temperature, pairs
  }

  init(_ settings: ClassifierSettings) {
    deviations = settings.deviations == Deviations() ? nil : settings.deviations
    thresholds = settings.thresholds
    temperature = settings.temperature == 1 ? nil : settings.temperature
    pairs = settings.readsPairs ? true : nil
    let isPlain = thresholds == nil && temperature == nil && pairs == nil
    format = !isPlain ? 4 : deviations == nil ? 2 : 3
    variant = settings.variant
    dropout = settings.dropout
    text = settings.text
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    format = try values.decodeIfPresent(Int.self, forKey: .format) ?? 1
    guard format >= 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: .format, in: values, debugDescription: "format is \(format)")
    }
    guard format <= FolderEntry.newestFormat else {
      throw FathomError(.newer, "the model was written by a newer Fathom", mend: "use that one")
    }
    variant = try values.decode(Variant.self, forKey: .variant)
    dropout = try values.decodeIfPresent(Double.self, forKey: .dropout) ?? 0.2
    guard (0..<1).contains(dropout) else {
      throw DecodingError.dataCorruptedError(
        forKey: .dropout, in: values, debugDescription: "dropout is \(dropout)")
    }
    text = try TextSettings(from: decoder)
    deviations = try values.decodeIfPresent(Deviations.self, forKey: .deviations)
    thresholds = try values.decodeIfPresent([Double].self, forKey: .thresholds)
    temperature = try values.decodeIfPresent(Double.self, forKey: .temperature)
    pairs = try values.decodeIfPresent(Bool.self, forKey: .pairs)
    guard thresholds?.allSatisfy({ (0...1).contains($0) }) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .thresholds, in: values, debugDescription: "thresholds are probabilities")
    }
    guard temperature.map({ $0.isFinite && $0 > 0 }) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .temperature, in: values, debugDescription: "a temperature is above 0")
    }
    // Every text is filled up to this, whatever its own length.
    guard deviations?.readsPadding != true || text.maximumLength <= 4096 else {
      throw DecodingError.dataCorruptedError(
        forKey: .deviations, in: values, debugDescription: "padding to \(text.maximumLength) tokens")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(format, forKey: .format)
    try values.encode(variant, forKey: .variant)
    try values.encode(dropout, forKey: .dropout)
    try text.encode(to: encoder)
    try values.encodeIfPresent(deviations, forKey: .deviations)
    try values.encodeIfPresent(thresholds, forKey: .thresholds)
    try values.encodeIfPresent(temperature, forKey: .temperature)
    try values.encodeIfPresent(pairs, forKey: .pairs)
  }
}

extension ClassifierSettings {
  /// Reads what `config.json` says about the classifier.
  /// - Parameters:
  ///   - file: of the classifier's folder.
  ///   - classCount: rows of the classifier's weight, which the file must agree with; it bounds the names
  ///     that are made up where the file has none.
  ///   - published: what a file of the study of 2019 says, for where config.json says nothing of the
  ///     classifier.
  /// - Throws: `FathomError` naming the file and what is wrong in it.
  init(_ file: ConfigFile, classCount: Int, published: PublishedCheckpoint? = nil) throws {
    kind = try ClassifierSettings.kind(file, classCount)
    labels = try ClassifierSettings.labels(file, classCount)
    if file.states("fathom") {
      do {
        // What is no container is no entry either: the decoder says so of any number.
        let entry = file["fathom"] as? Data ?? Data("0".utf8)
        let fathom = try BoundedJSON.decode(FolderEntry.self, from: entry)
        (variant, dropout, text) = (fathom.variant, fathom.dropout, fathom.text)
        deviations = fathom.deviations ?? Deviations()
        thresholds = fathom.thresholds
        temperature = fathom.temperature ?? 1
        readsPairs = fathom.pairs ?? false
        guard thresholds?.count ?? labels.count == labels.count else {
          throw FathomError(
            .damaged, "the 'fathom' entry has \(thresholds!.count) thresholds for \(labels.count) labels",
            mend: "bring the whole folder again")
        }
      } catch let error as FathomError {
        throw FathomError(error.code, at: file.path, error.what, mend: error.mend)
      } catch {
        throw FathomError(
          .damaged, at: file.path, "the 'fathom' entry \(ClassifierSettings.fault(error))",
          mend: "bring the whole folder again")
      }
      return
    }
    if let published {
      self = published.settings(labels: file["id2label"] == nil ? nil : labels)
      return
    }
    variant = Variant(.bert(.first(file["num_hidden_layers"] as? Int ?? 0)), .pooled)
    // As Hugging Face: nothing is removed from a text.
    text = TextSettings(
      maximumLength: min(
        max(file["max_position_embeddings"] as? Int ?? 512, TextSettings.lengths.lowerBound), 512),
      cleaning: .none)
    let rate = file["classifier_dropout"]
    dropout = rate as? Double ?? (rate as? Int).map(Double.init) ?? 0.1
  }

  /// A folder that does not say has classes; with one output alone, as Hugging Face takes it, a number.
  private static func kind(_ file: ConfigFile, _ outputs: Int) throws -> TaskKind {
    guard let type = file["problem_type"] as? String else { return outputs == 1 ? .regression : .singleLabel }
    guard let kind = TaskKind(rawValue: type) else {
      throw FathomError(
        .unsupported, at: file.path, "problem_type is '\(type.prefix(60))'",
        mend: "it is one of \(TaskKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard outputs >= kind.fewestOutputs else {
      throw FathomError(
        .damaged, at: file.path, "problem_type is '\(type)' and the classifier gives \(outputs) class",
        mend: "correct it, or bring the whole folder again")
    }
    return kind
  }

  private static func labels(_ file: ConfigFile, _ classCount: Int) throws -> [String] {
    func fail(_ what: Sentence) -> FathomError {
      FathomError(.damaged, at: file.path, what, mend: "correct it, or bring the whole folder again")
    }
    if let stated = file["num_labels"], stated as? Int != classCount {
      throw fail(
        "'num_labels' is \(String(describing: stated)) and the classifier gives \(classCount) classes")
    }
    guard let found = file["id2label"] else {
      return (0..<classCount).map { "LABEL_\($0)" }
    }
    guard let object = found as? Data, let names = try? BoundedJSON.value(object) as? [String: Any] else {
      throw fail("'id2label' is not an object")
    }
    guard names.count == classCount else {
      throw fail("'id2label' names \(names.count) classes and the classifier gives \(classCount)")
    }
    let labels = try (0..<classCount).map { index in
      guard let value = names[String(index)], let name = labelName(value) else {
        throw fail("'id2label' does not name classes 0 to \(classCount - 1)")
      }
      return name
    }
    try checkLabels(labels) { fail("'id2label' \($0)") }
    if let index = labels.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw fail("'id2label' gives class \(index) an empty name")
    }
    try checkNumbers(file, of: labels, fail)
    return labels
  }

  /// Of the names in `label2id` only those count that are classes: Hugging Face leaves `LABEL_0` and its like
  /// there where somebody named the classes in `id2label` alone.
  private static func checkNumbers(
    _ file: ConfigFile, of labels: [String], _ fail: (Sentence) -> FathomError
  ) throws {
    guard let object = file["label2id"] as? Data,
      let numbers = try? BoundedJSON.value(object) as? [String: Any]
    else { return }
    for (index, label) in labels.enumerated() {
      guard let number = numbers[label] as? NSNumber, number.doubleValue != Double(index) else { continue }
      throw fail("'id2label' gives '\(label.prefix(60))' the number \(index), and 'label2id' \(number)")
    }
  }

  /// What is wrong with an entry, by the key.
  private static func fault(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "lacks '\(key.stringValue)'"
    case .typeMismatch(_, let place), .valueNotFound(_, let place), .dataCorrupted(let place):
      place.codingPath.last.map { "has a wrong value under '\($0.stringValue)'" } ?? "is not an object"
    default: "has a wrong value"
    }
  }

  /// Hugging Face takes numbers and booleans too; their names are as JSON writes them.
  private static func labelName(_ value: Any) -> String? {
    if let name = value as? String { return name }
    guard let number = value as? NSNumber else { return nil }
    // JSON's true and 1 are both numbers to Foundation; only the stored type tells.
    if String(cString: number.objCType) == "c" { return number.boolValue ? "true" : "false" }
    return number.stringValue
  }

  /// Two names that Unicode holds to be equal would be one key wherever names are looked up.
  static func checkLabels(_ labels: [String], _ fault: (String) -> FathomError) throws {
    var seen: Set<String> = []
    for label in labels where !seen.insert(label).inserted {
      throw fault("gives two classes the name '\(label.prefix(60))'")
    }
  }
}
