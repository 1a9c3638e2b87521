import Files
import Encoder
import Checkpoint
import Classification
import Corpus
import Foundation
import Torch
import WordPiece

/// The three sets of a run.
public struct TrainingData: Sendable {
  public let train: DataSet
  /// nil where epochs are selected on the test set
  public let validation: DataSet?
  public let test: DataSet
  /// Of every text, class and split
  public let fingerprint: String
  /// What the data are called, for reports
  public var name = ""
  private let encodings = Encodings()

  /// Carves the validation set out of the training set: stratified and seeded, the same for every run of a study.
  public init(
    train: DataSet, test: DataSet, validationShare: Double, splitSeed: UInt64,
    selection: TrainingOptions.Selection
  ) throws {
    self.test = test
    guard selection == .validation else {
      self.train = train
      validation = nil
      fingerprint = DataSet.fingerprint([train, test])
      return
    }
    let parts = train.split(validationShare: validationShare, seed: splitSeed)
    guard parts.train.count > 0, parts.validation.count > 0 else {
      throw CorpusError(
        "\(train.count) training examples leave no validation set at a share of \(validationShare): bring more, or another --validation-share"
      )
    }
    self.train = parts.train
    validation = parts.validation
    fingerprint = DataSet.fingerprint([parts.train, parts.validation, test])
  }

  func encodedTrain(for classifier: TextClassifier) throws -> EncodedTexts {
    try encodings.texts(train, .train, for: classifier)
  }

  func encodedTest(for classifier: TextClassifier) throws -> EncodedTexts {
    try encodings.texts(test, .test, for: classifier)
  }

  func encodedValidation(for classifier: TextClassifier) throws -> EncodedTexts? {
    try validation.map { try encodings.texts($0, .validation, for: classifier) }
  }
}

/// One run from the pretrained model to its record: build, train, select, test, save.
public struct TrainingJob {
  public var model: URL
  public var variant: Variant
  public var data: TrainingData
  public var options: TrainingOptions
  public var maximumLength: Int
  public var truncation = Truncation.head
  public var dropout = 0.2
  public var pooler = BERTModel.PoolerStart.pretrained

  public init(model: URL, variant: Variant, data: TrainingData, options: TrainingOptions, maximumLength: Int)
  {
    self.model = model
    self.variant = variant
    self.data = data
    self.options = options
    self.maximumLength = maximumLength
  }

  /// The classes predicted for each example of the sets that were held out, beside the record.
  public struct Predictions: Codable, Sendable {
    public let validation: [Int]?
    public let test: [Int]

    /// - Throws: naming the file when it is damaged.
    public static func read(_ folder: URL) throws -> Predictions {
      try TrainingJob.decode(Predictions.self, folder.appendingPathComponent("predictions.json"))
    }
  }

  /// The record of a finished run, or nil when there is none.
  public static func record(in folder: URL) throws -> RunRecord? {
    let file = folder.appendingPathComponent("run.json")
    return FileManager.default.fileExists(atPath: file.path) ? try decode(RunRecord.self, file) : nil
  }

  private static func decode<T: Decodable>(_: T.Type, _ file: URL) throws -> T {
    guard let data = try? Data(contentsOf: file), let value = try? JSONDecoder().decode(T.self, from: data)
    else {
      throw CheckpointError("\(file.path) is damaged: remove its folder and run again")
    }
    return value
  }

  static let vocabularySize = 25_000

  /// Everything that the run's figures belong to.
  public var settings: [String: Any] {
    var values = options.json
    values["variant"] = variant.description
    values["max_length"] = maximumLength
    values["truncation"] = truncation.name
    if case .headAndTail(let share) = truncation { values["head_share"] = share }
    values["dropout"] = dropout
    values["pooler"] = pooler.rawValue
    values["model"] = model.lastPathComponent
    if !data.name.isEmpty { values["data"] = data.name }
    values["train_examples"] = data.train.count
    values["validation_examples"] = data.validation?.count ?? 0
    values["test_examples"] = data.test.count
    values["threads"] = Engine.threadCount
    return values
  }

  /// What must be equal for a stopped run to go on.
  public var fingerprint: String {
    let own = settings.filter { !["threads", "model", "data"].contains($0.key) }
    return own.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: ",") + ";data=" + data.fingerprint
  }

  /// Runs, or goes on where a run in the same folder was stopped; `run.json` marks the end.
  /// - Throws: `Trainer.Interrupted` after saving when `shouldStop` says so.
  public func run(
    in folder: URL, report: @escaping (Trainer.Event) throws -> Void = { _ in },
    shouldStop: @escaping () -> Bool = { false }
  ) throws -> RunRecord {
    RandomState.seed(options.seed)
    Engine.forgetPeakMemory()
    let classifier = try makeClassifier()
    let trainer = try Trainer(
      classifier, options, folder: folder, fingerprint: fingerprint, report: report, shouldStop: shouldStop)
    let validationSet = try data.encodedValidation(for: classifier)
    let test = try data.encodedTest(for: classifier)
    let (epochs, peak) = try trainer.run(
      train: data.encodedTrain(for: classifier), validation: validationSet, test: test)
    try test.encodeAll()
    let started = Date()
    let logits = try trainer.logits(test)
    let seconds = Date().timeIntervalSince(started)
    let validation = try validationSet.map { try trainer.logits($0).map(argmax) }
    let weights = folder.appendingPathComponent("model.safetensors").path
    let size = (try FileManager.default.attributesOfItem(atPath: weights)[.size] as? NSNumber)?.intValue ?? 0
    let record = RunRecord(
      variant: variant.description, seed: options.seed, epochs: epochs, peakEpoch: peak,
      test: Metrics(logits: logits, targets: data.test.targets), parameters: classifier.parameterCount,
      sizeBytes: size,
      inferenceExamplesPerSecond: Double(test.count) / max(seconds, 1e-9),
      latencyMilliseconds: try trainer.latency(test) * 1000,
      peakMemoryBytes: Engine.peakMemoryBytes, classes: data.train.classes,
      mistakes: mistakes(logits), fingerprint: fingerprint,
      settings: settings.mapValues(JSONValue.init))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try encoder.encode(Predictions(validation: validation, test: logits.map(argmax)))
      .write(to: folder.appendingPathComponent("predictions.json"), options: .atomic)
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(record).write(to: folder.appendingPathComponent("run.json"), options: .atomic)
    trainer.removeState()
    return record
  }

  private static let mistakesKept = 10

  private func mistakes(_ logits: [[Float]]) -> [Mistake] {
    let wrong = logits.indices.compactMap { index -> (index: Int, predicted: Int, probability: Double)? in
      let best = argmax(logits[index])
      return best == data.test.targets[index]
        ? nil : (index, best, TextClassifier.softmax(logits[index])[best])
    }
    return wrong.sorted { ($1.probability, $0.index) < ($0.probability, $1.index) }.prefix(Self.mistakesKept)
      .map {
        Mistake(
          example: $0.index, text: data.test.texts[$0.index],
          label: data.train.classes[data.test.targets[$0.index]],
          predicted: data.train.classes[$0.predicted], probability: $0.probability)
      }
  }

  private func makeClassifier() throws -> TextClassifier {
    let settings = ClassifierSettings(
      variant: variant, labels: data.train.classes, maximumLength: maximumLength, truncation: truncation,
      dropout: dropout)
    var words: Tokenizer?
    if variant.encoder == .newEmbedding {
      let normalisation = TokenizerOptions(lowercases: true)
      words = try WordCounts(data.train.texts, options: normalisation)
        .wordTokenizer(size: TrainingJob.vocabularySize, options: normalisation)
    }
    return try TextClassifier(pretrained: model, settings: settings, pooler: pooler, wordTokenizer: words)
  }

  private func argmax(_ row: [Float]) -> Int { row.indices.max { row[$0] < row[$1] }! }
}
