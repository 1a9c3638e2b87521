import Classification
import Corpus
import Encoder
import Files
import Foundation
import Torch

/// Fine-tuning a classifier on labelled texts.
final class ClassificationObjective: Objective {
  let classifier: TextClassifier
  private let options: TrainingOptions
  private let train: EncodedTexts
  let validation: EncodedTexts?
  let test: EncodedTexts
  /// Logits of the validation examples with the weights of the last evaluation, and of the best one.
  private var lastLogits: [[Float]]?
  private(set) var bestLogits: [[Float]]?

  /// - Precondition: there is a validation set where epochs are selected on one.
  init(
    _ classifier: TextClassifier, _ options: TrainingOptions, train: EncodedTexts, validation: EncodedTexts?,
    test: EncodedTexts
  ) {
    precondition(validation != nil || options.selection != .validation, "selection needs a validation set")
    self.classifier = classifier
    self.options = options
    self.train = train
    self.validation = validation
    self.test = test
  }

  var network: any Module { classifier.network }
  var exampleCount: Int { train.count }

  func sequences(_ examples: [Int]) throws -> [TokenSequence] { try train(examples) }

  func makeOptimizer() -> AdamW { AdamW(classifier.network, options) }

  func loss(_ part: TrainingPart, optimizer: AdamW) -> Tensor? {
    let packed = classifier.network.batch(part.sequences, device: options.device)
    optimizer.willRead(packed.ids, of: classifier.network.tokenEmbedding.weight)
    let logits = classifier.network(packed, dtype: options.precision.dtype, training: true)
    return classifier.task.loss(
      logits, targets: part.examples.map(train.data.target), options: options.loss)
  }

  func evaluate(_ progress: (Int, Int) throws -> Void) throws -> Evaluation {
    var figures = Evaluation()
    if let validation {
      let logits = try self.logits(validation, progress)
      let targets = validation.data.allTargets
      try decide(logits, targets)
      figures.validation = try metrics(logits, targets)
      lastLogits = logits
    }
    if options.selection == .test {
      figures.test = try metrics(logits(test, progress), test.data.allTargets)
    }
    return figures
  }

  /// Whether anything is fitted beside the weights.
  var decides: Bool {
    let (kind, decision) = (classifier.settings.kind, options.decision)
    return kind != .regression && decision.calibrates || kind == .multiLabel && decision.tunesThresholds
  }

  /// Fits what turns logits into answers on held-out examples, as the options say.
  func decide(_ logits: [[Float]], _ targets: [Target]) throws {
    guard decides else { return }
    let kind = classifier.settings.kind
    classifier.decide(thresholds: nil, temperature: 1)
    let temperature =
      options.decision.calibrates
      ? Calibration.temperature(task: classifier.task, logits: logits, targets: targets) : 1
    classifier.decide(thresholds: nil, temperature: temperature)
    guard kind == .multiLabel, options.decision.tunesThresholds else { return }
    let probabilities = try logits.map { try classifier.prediction($0).scores }
    classifier.decide(
      thresholds: Thresholds.fitted(probabilities, targets.map(\.labelIndices)), temperature: temperature)
  }

  /// The figures of a set, averaged as the options say.
  func metrics(_ logits: [[Float]], _ targets: [Target]) throws -> Metrics {
    let all = try Metrics(task: classifier.task, logits: logits, targets: targets)
    guard options.averagesOverBatches == true else { return all }
    let size = options.batchSize
    let parts = try stride(from: 0, to: logits.count, by: size).map { start in
      let chosen = start..<min(start + size, logits.count)
      return try Metrics(
        task: classifier.task, logits: Array(logits[chosen]), targets: Array(targets[chosen]))
    }
    func mean(_ metric: Metric) -> Double { Ranking.mean(parts.compactMap { $0[metric] }) }
    return all.replacing([.accuracy: mean(.accuracy), .loss: mean(.loss)])
  }

  func score(_ epoch: EpochRecord) -> Double {
    if options.selection == .last { return Double(epoch.epoch) }
    let metrics = options.selection == .test ? epoch.test : epoch.validation
    return metrics.map(options.metric.score) ?? -.infinity
  }

  func save(to folder: URL) throws {
    try classifier.save(to: folder)
    bestLogits = lastLogits
  }

  func logits(_ set: EncodedTexts, _ progress: (Int, Int) throws -> Void) throws -> [[Float]] {
    try withoutActuallyEscaping(progress) { progress in
      try classifier.logits(set, dtype: options.precision.dtype, device: options.device) {
        try progress($0, set.count)
      }
    }
  }

  /// Milliseconds that one text takes by itself, the median of up to fifty spread over the test set.
  func latencyMilliseconds() throws -> Double {
    let stride = max(1, test.count / 50)
    let times = try (0..<min(50, test.count)).map { index -> Double in
      let sequences = try test([index * stride])
      let started = ContinuousClock.now
      _ = classifier.logits(sequences, dtype: options.precision.dtype, device: options.device)
      return (ContinuousClock.now - started) / .milliseconds(1)
    }
    return times.sorted()[times.count / 2]
  }
}
