import Classification
import Encoder
import Files
import Foundation
import WordPiece

/// Everything that a run's figures belong to, with the keys that `run.json` and the store give it.
public struct RunSettings: Codable, Hashable, Sendable {
  public var variant: Variant
  public var model: ModelIdentity
  public var data: DataIdentity
  public var text: TextSettings
  public var network: NetworkSettings
  public var training: TrainingOptions
  /// What was done as a published study did it, by name; nil for nothing.
  public var asPublished: [String]?
  /// CPU threads; they may change the last bits of the weights and are no part of the identity.
  public var threads: Int

  public init(
    variant: Variant, model: ModelIdentity, data: DataIdentity, text: TextSettings, network: NetworkSettings,
    training: TrainingOptions, asPublished: [String]? = nil, threads: Int
  ) {
    self.variant = variant
    self.model = model
    self.data = data
    self.text = text
    self.network = network
    self.training = training
    self.asPublished = asPublished
    self.threads = threads
  }

  enum CodingKeys: String, CodingKey {
    case variant, model, data, text, network, training, threads
    case asPublished = "as_published"
  }

  /// A hash of all that changes the weights a run ends with: settings, the model's files and the data. Names
  /// do not count.
  public var identity: String {
    var own = self
    own.model.name = ""
    own.data.name = ""
    own.threads = 0
    own.asPublished = nil
    return RunSettings.canonicalJSON(own).sha256
  }

  /// What of a run differs from another one, in words; at least one.
  public func changes(to other: RunSettings) -> [String] {
    var changes: [String] = []
    var same = other
    (same.model, same.data) = (model, data)
    if identity != same.identity { changes.append("other settings") }
    if model.digest != other.model.digest { changes.append("another model") }
    if data.digest != other.data.digest { changes.append("other data") }
    return changes.isEmpty ? ["other settings"] : changes
  }

  /// Sorted keys and no blanks, so that equal values give equal bytes.
  static func canonicalJSON(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    // Nothing but numbers, strings and lists is encoded.
    return try! encoder.encode(value)
  }
}

/// The pretrained model that a run starts from.
public struct ModelIdentity: Codable, Hashable, Sendable {
  /// The last part of its path, for reports
  public var name: String
  /// SHA-256 of its configuration, weights and tokenizer files; empty in records of earlier versions.
  public var digest: String

  public init(name: String, digest: String) {
    self.name = name
    self.digest = digest
  }
}

/// The examples of a run.
public struct DataIdentity: Codable, Hashable, Sendable {
  /// The last part of the training data's path, for reports
  public var name: String
  /// Changes with every text, class and split.
  public var digest: String
  public var trainExamples: Int
  public var validationExamples: Int
  public var testExamples: Int
  /// Which fold, from 0, of how many validates this run; nil without cross-validation.
  public var fold: Int?
  public var folds: Int?

  public init(
    name: String, digest: String, trainExamples: Int, validationExamples: Int, testExamples: Int,
    fold: Int? = nil,
    folds: Int? = nil
  ) {
    self.name = name
    self.digest = digest
    self.trainExamples = trainExamples
    self.validationExamples = validationExamples
    self.testExamples = testExamples
    self.fold = fold
    self.folds = folds
  }

  enum CodingKeys: String, CodingKey {
    case name, digest, fold, folds
    case trainExamples = "train_examples"
    case validationExamples = "validation_examples"
    case testExamples = "test_examples"
  }
}

/// What is built on the encoder, and from what it starts.
public struct NetworkSettings: Codable, Hashable, Sendable {
  /// Before the linear layer
  public var dropout: Double
  /// Of BERT's hidden states and of its attention; nil takes those of config.json.
  public var bertDropout: Double?
  public var attentionDropout: Double?
  public var pooler: EncoderPooler
  /// nil where there are none
  public var deviations: Deviations?
  /// `baseline-custom` reads the model's word pieces through a new table of so many rows; nil reads the words
  /// of the training texts.
  public var wordPieceRows: Int?

  public init(
    dropout: Double = 0.2, bertDropout: Double? = nil, attentionDropout: Double? = nil,
    pooler: EncoderPooler = .pretrained
  ) {
    self.dropout = dropout
    self.bertDropout = bertDropout
    self.attentionDropout = attentionDropout
    self.pooler = pooler
  }

  enum CodingKeys: String, CodingKey {
    case dropout, pooler
    case bertDropout = "bert_dropout"
    case attentionDropout = "attention_dropout"
    case deviations
    case wordPieceRows = "word_piece_rows"
  }
}
