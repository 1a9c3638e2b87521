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
  /// Which fold, from 0, of how many is the validation set; nil without cross-validation.
  public private(set) var fold: (index: Int, count: Int)?
  private let encodings = Encodings()

  /// Carves the validation set out of the training set: stratified and seeded, the same for every run of a
  /// study.
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
      throw FathomError(
        .data, "\(train.count) training examples leave no validation set at a share of \(validationShare)",
        mend: "bring more, or change \(.validationShare) or \(.testShare)")
    }
    self.train = parts.train
    validation = parts.validation
    fingerprint = DataSet.fingerprint([parts.train, parts.validation, test])
  }

  /// A validation set of the user's own, or of a fold.
  /// - Parameter fold: which one, from 0, of how many.
  public init(train: DataSet, validation: DataSet, test: DataSet, fold: (index: Int, count: Int)? = nil) {
    self.train = train
    self.validation = validation
    self.test = test
    self.fold = fold
    fingerprint = DataSet.fingerprint([train, validation, test])
  }

  var identity: DataIdentity {
    DataIdentity(
      name: name, digest: fingerprint, trainExamples: train.count, validationExamples: validation?.count ?? 0,
      testExamples: test.count, fold: fold?.index, folds: fold?.count)
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
public struct TrainingJob: Sendable {
  public var model: URL
  /// What the model is called in reports
  public var modelName: String
  public var variant: Variant
  public var data: TrainingData
  public var options: TrainingOptions
  public var text: TextSettings
  public var network = NetworkSettings()
  /// What is done as a published study did it, by name, for reports
  public var asPublished: [String] = []
  private let modelDigest: String

  /// - Parameter model: a pretrained BERT's folder, whose files are read once for the run's identity.
  /// - Throws: `FathomError` when the folder cannot be read.
  public init(model: URL, variant: Variant, data: TrainingData, options: TrainingOptions, text: TextSettings)
    throws
  {
    self.model = model
    modelName = model.lastPathComponent
    self.variant = variant
    self.data = data
    self.options = options
    self.text = text
    modelDigest = try ModelIdentity.digest(of: model)
  }

  /// The classes predicted for each example of the sets that were held out, beside the record. Of other tasks
  /// than one class per text the lists of classes are empty, and scores stand for them.
  public struct Predictions: Codable, Sendable {
    public let validation: [Int]?
    public let test: [Int]
    /// What each example adds to the metric that epochs were selected by (``ExampleScores``); nil where
    /// classes say it.
    public var validationScores: [Double]?
    public var testScores: [Double]?
    /// The same of the best answer that does not look at the text
    public var validationConstant: [Double]?
    public var testConstant: [Double]?
    /// The true classes, so that a store can be made anew from run folders; nil in those of earlier versions.
    public let validationTargets: [Int]?
    public let testTargets: [Int]?

    enum CodingKeys: String, CodingKey {
      case validation, test
      case validationTargets = "validation_targets"
      case testTargets = "test_targets"
      case validationScores = "validation_scores"
      case testScores = "test_scores"
      case validationConstant = "validation_constant"
      case testConstant = "test_constant"
    }

    /// Whether the scores, where there are any, are of all examples.
    public var hasWholeScores: Bool {
      for (classes, scores, constant) in [
        (validation ?? [], validationScores, validationConstant), (test, testScores, testConstant),
      ] {
        guard scores?.count == constant?.count else { return false }
        if let scores, !classes.isEmpty, scores.count != classes.count { return false }
      }
      return true
    }

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
    guard let data = try? Data(contentsOf: file), let value = try? BoundedJSON.decode(T.self, from: data)
    else {
      throw FathomError(
        .damaged, at: file.path, "the file is damaged", mend: "remove its folder and run again")
    }
    return value
  }

  /// What the run's figures belong to.
  public var settings: RunSettings {
    RunSettings(
      variant: variant, model: ModelIdentity(name: modelName, digest: modelDigest),
      data: data.identity, text: text, network: network, training: options,
      asPublished: asPublished.isEmpty ? nil : asPublished, threads: Engine.threadCount)
  }

  /// What must be equal for a stopped run to go on, and for a finished one to be taken as this one.
  public var identity: String { settings.identity }

  /// Runs, or goes on where a run in the same folder was stopped; `run.json` marks the end.
  /// - Throws: `Trainer.Interrupted` after saving when `progress` says stop.
  public func run(in folder: URL, progress: @escaping Trainer.Progress = { _ in .more }) throws -> RunRecord {
    RandomState.seed(options.seed)
    Engine.forgetPeakMemory()
    let classifier = try makeClassifier()
    if try progress(.note(headNote(classifier))) == .stop { throw Trainer.Interrupted(folder: folder) }
    let objective = ClassificationObjective(
      classifier, options, train: try data.encodedTrain(for: classifier),
      validation: try data.encodedValidation(for: classifier), test: try data.encodedTest(for: classifier))
    let trainer = try Trainer(objective, options, folder: folder, identity: identity, progress: progress)
    let (epochs, peak) = try trainer.run()
    let record = try finish(objective, trainer, epochs, peak, folder)
    trainer.removeState()
    return record
  }

  /// Measures the best epoch's model and writes what is known of the run.
  private func finish(
    _ objective: ClassificationObjective, _ trainer: Trainer, _ epochs: [EpochRecord], _ peak: Int,
    _ folder: URL
  ) throws -> RunRecord {
    try objective.test.encodeAll()
    let started = Date()
    let logits = try objective.logits(objective.test, trainer.evaluated)
    let seconds = Date().timeIntervalSince(started)
    let held = try objective.validation.map { set in
      try objective.bestLogits ?? objective.logits(set, trainer.evaluated)
    }
    if let held, let targets = data.validation?.allTargets, objective.decides {
      // The best epoch's, whatever the last one fitted.
      try objective.decide(held, targets)
      try objective.classifier.save(to: folder)
    }
    let targets = data.test.allTargets
    let answers = try logits.map(objective.classifier.prediction)
    let weights = folder.appendingPathComponent("model.safetensors").path
    let size = (try FileManager.default.attributesOfItem(atPath: weights)[.size] as? NSNumber)?.intValue ?? 0
    let record = RunRecord(
      variant: variant.description, seed: options.seed, epochs: epochs, peakEpoch: peak,
      test: try objective.metrics(logits, targets),
      parameters: objective.classifier.parameterCount, sizeBytes: size,
      inferenceExamplesPerSecond: Double(targets.count) / max(seconds, 1e-9),
      latencyMilliseconds: try objective.latencyMilliseconds(), peakMemoryBytes: Engine.peakMemoryBytes,
      classes: data.train.classes, mistakes: mistakes(answers, targets), identity: identity,
      settings: settings)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let predictions = try predictions(objective, held, answers)
    try AtomicFile.write(encoder.encode(predictions), to: folder.appendingPathComponent("predictions.json"))
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try AtomicFile.write(encoder.encode(record), to: folder.appendingPathComponent("run.json"))
    return record
  }

  private func predictions(
    _ objective: ClassificationObjective, _ held: [[Float]]?, _ answers: [Prediction]
  ) throws -> Predictions {
    let validation = try held.map { try $0.map(objective.classifier.prediction) }
    guard data.train.kind == .singleLabel else {
      return scored(validation, answers)
    }
    var predictions = Predictions(
      validation: validation?.map(\.answer.classIndex), test: answers.map(\.answer.classIndex),
      validationTargets: data.validation.map { Array($0.targets) }, testTargets: Array(data.test.targets))
    if ![.accuracy, .microF1, .macroF1].contains(options.metric) { score(&predictions, validation, answers) }
    return predictions
  }

  private func scored(_ validation: [Prediction]?, _ test: [Prediction]) -> Predictions {
    var predictions = Predictions(
      validation: validation.map { _ in [] }, test: [], validationTargets: validation.map { _ in [] },
      testTargets: [])
    score(&predictions, validation, test)
    return predictions
  }

  private func score(_ predictions: inout Predictions, _ validation: [Prediction]?, _ test: [Prediction]) {
    let labels = data.train.classes
    func constant(_ targets: [Target]) -> [Double] {
      ExampleScores.constant(options.metric, labels: labels, targets: targets)
    }
    let testTargets = data.test.allTargets
    predictions.testScores = ExampleScores(test, testTargets)(options.metric)
    predictions.testConstant = constant(testTargets)
    guard let validation, let targets = data.validation?.allTargets else { return }
    predictions.validationScores = ExampleScores(validation, targets)(options.metric)
    predictions.validationConstant = constant(targets)
  }

  private static let mistakesKept = 10

  /// The most confident wrong answers; in a regression the numbers that are furthest off.
  private func mistakes(_ answers: [Prediction], _ targets: [Target]) -> [Mistake] {
    func weight(_ index: Int) -> Double {
      guard case .values(let wanted) = targets[index] else { return answers[index].confidence }
      return zip(answers[index].scores, wanted).reduce(0) { $0 + abs($1.0 - $1.1) }
    }
    let wrong = answers.indices.filter { answers[$0].answer != targets[$0] }
      .map { (example: $0, weight: weight($0)) }
      .sorted { $0.weight != $1.weight ? $0.weight > $1.weight : $0.example < $1.example }
    return wrong.prefix(TrainingJob.mistakesKept).map { example, _ in
      let answer = answers[example]
      let wanted = Prediction(
        labels: answer.labels, scores: answer.scores, logits: answer.logits, answer: targets[example])
      let isNumber = data.train.kind == .regression
      return Mistake(
        example: example, text: data.test.title(example), label: wanted.title, predicted: answer.title,
        probability: isNumber ? nil : answer.confidence)
    }
  }

  static let vocabularySize = 25_000

  private func makeClassifier() throws -> TextClassifier {
    var settings = ClassifierSettings(
      variant: variant, kind: data.train.kind, labels: data.train.classes, text: text,
      dropout: network.dropout, deviations: network.deviations ?? Deviations())
    settings.readsPairs = data.train.seconds != nil
    var words: (any Tokenizing)?
    if variant.encoder == .newEmbedding, network.wordPieceRows != nil {
      words = try Tokenizer(folder: model)
    } else if variant.encoder == .newEmbedding {
      let normalisation = TokenizerOptions(lowercases: true)
      let cleaned = data.train.texts.lazy.map(text.cleaning.callAsFunction)
      words = try WordCounts(cleaned, options: normalisation)
        .wordTokenizer(size: TrainingJob.vocabularySize, options: normalisation)
    }
    return try TextClassifier(
      pretrained: model, settings: settings, pooler: network.pooler, bertDropout: network.bertDropout,
      attentionDropout: network.attentionDropout, wordTokenizer: words, embeddingRows: network.wordPieceRows)
  }

  private func headNote(_ classifier: TextClassifier) -> String {
    let count = data.train.classes.count
    var notes = [
      classifier.headIsNew
        ? "a new head for \(count) classes"
        : "the head of \(modelName) goes on: same variant and classes"
    ]
    for layer in classifier.network.encoder?.drawnLayers ?? [] {
      notes.append("warning: \(modelName) has no \(layer), which is drawn anew")
    }
    if count > max(100, data.train.count / 5) {
      notes.append(
        "\(data.train.count) examples of \(count) classes leave few of each: is this the label column?")
    }
    return notes.joined(separator: "; ")
  }
}
