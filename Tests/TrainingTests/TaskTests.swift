import Classification
import Corpus
import Encoder
import Fixtures
import Foundation
import Testing
import Torch
import Training

/// What Hugging Face Transformers, PyTorch, scikit-learn and SciPy make of tasks
/// (Tools/make-task-goldens.py).
private struct TaskGoldens: Decodable {
  struct Pair: Decodable {
    let first, second: String
    let ids, types: [Int32]
    let logits: [Float]
  }

  struct Loss: Decodable {
    let value: Double
    let gradient: [Float]
  }

  let maximumLength: Int
  let pairs: [Pair]
  let losses: [String: Loss]
  let logits: [[Float]]
  let classes: [Int]
  let sets: [[Int]]
  let numbers: [[Double]]
  let weights: [Double]

  enum CodingKeys: String, CodingKey {
    case pairs, losses, logits, classes, sets, numbers, weights
    case maximumLength = "max_length"
  }

  static let data: Data = {
    let file = Fixtures.goldens.appendingPathComponent("tasks/expected.json")
    return try! Data(contentsOf: file)
  }()

  static let all = try! JSONDecoder().decode(TaskGoldens.self, from: data)

  /// The figures of a task, by name.
  static func figures(_ task: String) -> [String: Any] {
    let root = try! JSONSerialization.jsonObject(with: data) as! [String: Any]
    return root[task] as! [String: Any]
  }

  static func logits(_ task: String) -> [[Float]] {
    (figures(task)["logits"] as! [[NSNumber]]).map { $0.map(\.floatValue) }
  }
}

@Suite struct TaskLossTests {
  private func check(_ name: String, _ task: any TextTask, _ targets: [Target], _ options: LossOptions) {
    let wanted = TaskGoldens.all.losses[name]!
    let logits = Tensor(TaskGoldens.all.logits.flatMap { $0 }).reshaped([4, 3])
    logits.requiresGradient = true
    let loss = task.loss(logits, targets: targets, options: options)
    loss.backward()
    #expect(abs(loss.item - wanted.value) < 1e-6, "\(name): \(loss.item)")
    let gradient: [Float] = logits.gradient!.array()
    let distance = zip(gradient, wanted.gradient).map { abs($0 - $1) }.max()!
    #expect(distance < 1e-6, "\(name), gradient: \(distance)")
  }

  private func options(_ change: (inout LossOptions) -> Void) -> LossOptions {
    var options = LossOptions()
    change(&options)
    return options
  }

  @Test func `losses of one class per text equal PyTorch's`() {
    let task = SingleLabelTask(labels: ["a", "b", "c"])
    let targets = TaskGoldens.all.classes.map { Target.label($0) }
    check("cross_entropy", task, targets, LossOptions())
    check("cross_entropy_weighted", task, targets, options { $0.classWeights = TaskGoldens.all.weights })
    check("cross_entropy_smoothed", task, targets, options { $0.labelSmoothing = 0.1 })
    check("cross_entropy_focal", task, targets, options { $0.focalGamma = 2 })
  }

  @Test func `losses of several labels per text equal PyTorch's`() {
    let task = MultiLabelTask(labels: ["a", "b", "c"])
    let targets = TaskGoldens.all.sets.map { Target.labels($0) }
    check("binary", task, targets, LossOptions())
    check("binary_weighted", task, targets, options { $0.classWeights = TaskGoldens.all.weights })
    check("binary_focal", task, targets, options { $0.focalGamma = 2 })
  }

  @Test func `losses of numbers equal PyTorch's`() {
    let task = RegressionTask(labels: ["x", "y", "z"])
    let targets = TaskGoldens.all.numbers.map { Target.values($0) }
    check("squares", task, targets, LossOptions())
    check("huber", task, targets, options { $0.huberDelta = 0.5 })
  }
}

@Suite struct TaskMetricsTests {
  private static func targets(_ task: String) -> [Target] {
    let values = TaskGoldens.figures(task)["targets"] as! [Any]
    return values.map { value in
      switch task {
      case "single": .label((value as! NSNumber).intValue)
      case "multi": .labels((value as! [NSNumber]).map(\.intValue))
      default: .values([(value as! NSNumber).doubleValue])
      }
    }
  }

  private static func task(_ name: String) -> any TextTask {
    switch name {
    case "single": SingleLabelTask(labels: ["a", "b", "c"])
    case "multi": MultiLabelTask(labels: ["a", "b", "c", "d"])
    default: RegressionTask(labels: ["x"])
    }
  }

  private static func logits(_ name: String) -> [[Float]] {
    if name != "regression" { return TaskGoldens.logits(name) }
    return (TaskGoldens.figures(name)["logits"] as! [NSNumber]).map { [$0.floatValue] }
  }

  private static func kind(_ name: String) -> TaskKind {
    ["single": .singleLabel, "multi": .multiLabel, "regression": .regression][name]!
  }

  @Test(arguments: ["single", "multi", "regression"])
  func `figures equal those of scikit-learn and SciPy`(name: String) throws {
    let (task, logits) = (Self.task(name), Self.logits(name))
    let metrics = try Metrics(task: task, logits: logits, targets: Self.targets(name))
    let wanted = TaskGoldens.figures(name)
    for metric in Metric.available(in: Self.kind(name)) {
      let value = try #require((wanted[metric.rawValue] as? NSNumber)?.doubleValue)
      let found = try #require(metrics[metric])
      #expect(abs(found - value) < 1e-6, "\(metric): \(found), not \(value)")
    }
    guard name == "single" else { return }
    let classes = try #require(metrics.classes)
    for (key, figure) in [("precision", \ClassFigures.precision), ("recall", \ClassFigures.recall)] {
      let values = (wanted[key] as! [NSNumber]).map(\.doubleValue)
      #expect(zip(classes, values).allSatisfy { abs($0[keyPath: figure] - $1) < 1e-9 }, "\(key)")
    }
    let brier = try #require(metrics.calibration).brier
    #expect(abs(brier - (wanted["brier"] as! NSNumber).doubleValue) < 1e-6)
  }

  @Test(arguments: ["single", "multi", "regression"])
  func `what examples add to a figure has the figure as its mean`(name: String) throws {
    let (task, logits, targets) = (Self.task(name), Self.logits(name), Self.targets(name))
    let metrics = try Metrics(task: task, logits: logits, targets: targets)
    let scores = try ExampleScores(task: task, logits: logits, targets: targets)
    for metric in Metric.available(in: Self.kind(name)) {
      let values = scores(metric)
      let mean = values.reduce(0, +) / Double(values.count)
      let figure = try #require(metrics[metric])
      #expect(abs(mean - (metric.isHigherBetter ? figure : -figure)) < 1e-9, "\(metric): \(mean), \(figure)")
    }
  }

  /// The jackknife's own variance, with each example left out in turn, is what the spread of the scores is to
  /// approximate.
  @Test(arguments: ["single", "multi", "regression"])
  func `their spread gives the variance that leaving examples out gives`(name: String) throws {
    let (task, logits, targets) = (Self.task(name), Self.logits(name), Self.targets(name))
    let scores = try ExampleScores(task: task, logits: logits, targets: targets)
    let n = Double(targets.count)
    func variance(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    for metric in Metric.available(in: Self.kind(name)) where metric != .spearman {
      let left = try targets.indices.map { out in
        let kept = targets.indices.filter { $0 != out }
        let figure = try Metrics(
          task: task, logits: kept.map { logits[$0] }, targets: kept.map { targets[$0] })
        return figure[metric]!
      }
      let jackknife = ((n - 1) / n * variance(left)).squareRoot()
      let own = (variance(scores(metric)) / (n * (n - 1))).squareRoot()
      #expect(abs(own - jackknife) < 0.12 * jackknife, "\(metric): \(own), \(jackknife)")
    }
  }

  @Test func `the best constant answer is the most frequent class, some labels, or the mean`() {
    func mean(_ metric: Metric, _ labels: [String], _ targets: [Target]) -> Double {
      let scores = ExampleScores.constant(metric, labels: labels, targets: targets)
      return scores.reduce(0, +) / Double(scores.count)
    }
    #expect(abs(mean(.accuracy, ["a", "b"], [.label(0), .label(1), .label(1)]) - 2 / 3.0) < 1e-12)
    // "a" alone to every text: 3 hits of 3 + 4 labels and answers.
    let sets: [Target] = [.labels([0]), .labels([0, 1]), .labels([0]), .labels([])]
    #expect(abs(mean(.microF1, ["a", "b"], sets) - 2 * 3 / 8.0) < 1e-12)
    #expect(abs(mean(.mae, ["x"], [.values([1]), .values([3])]) + 1) < 1e-12)
    #expect(mean(.pearson, ["x"], [.values([1]), .values([3])]) == 0)
  }
}

@Suite struct DecisionTests {
  @Test func `a temperature makes confident answers as sure as they are right`() throws {
    // Right in 3 of 4 and always as sure as a logit of 6.
    let logits: [[Float]] = (0..<400).map { $0 % 4 == 0 ? [6, 0] : [0, 6] }
    let targets = (0..<400).map { _ in Target.label(1) }
    let task = SingleLabelTask(labels: ["a", "b"])
    let temperature = Calibration.temperature(task: task, logits: logits, targets: targets)
    // The loss is lowest where the likelier class has 3/4: 6 / T = log 3.
    #expect(abs(temperature - 6 / log(3)) < 1e-3)
    let cooled = try Metrics(
      task: SingleLabelTask(labels: ["a", "b"], temperature: temperature), logits: logits, targets: targets)
    #expect(try #require(cooled.calibration).expectedError < 1e-3)
    let plain = try Metrics(task: task, logits: logits, targets: targets)
    #expect(try #require(plain.calibration).expectedError > 0.2)
  }

  @Test func `bins hold what the expected error is made of`() throws {
    let task = SingleLabelTask(labels: ["a", "b"])
    let metrics = try Metrics(
      task: task, logits: [[0, 2], [0, 2], [0, 2], [3, 0]], targets: [1, 1, 0, 0].map { .label($0) })
    let calibration = try #require(metrics.calibration)
    #expect(calibration.bins.map(\.count) == [3, 1])
    let sure = 1 / (1 + exp(-2.0)), surer = 1 / (1 + exp(-3.0))
    let wanted = 0.75 * abs(sure - 2 / 3.0) + 0.25 * (1 - surer)
    #expect(abs(calibration.expectedError - wanted) < 1e-6)
  }
}

@Suite struct TaskModelTests {
  private static let golden = Fixtures.goldens.appendingPathComponent("bert")

  /// The golden folder with another config.json.
  private func folder(_ folder: URL, _ changes: [String: Any]) throws -> URL {
    let copy = folder.appendingPathComponent("model")
    try FileManager.default.copyItem(at: Self.golden, to: copy)
    let file = copy.appendingPathComponent("config.json")
    var config = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as! [String: Any]
    config.merge(changes) { $1 }
    try JSONSerialization.data(withJSONObject: config).write(to: file)
    return copy
  }

  @Test func `pairs are encoded and classified as Hugging Face does`() throws {
    var settings = ClassifierSettings(
      variant: try Variant("4VA"), labels: ["LABEL_0", "LABEL_1", "LABEL_2"],
      text: TextSettings(maximumLength: TaskGoldens.all.maximumLength, cleaning: .none), dropout: 0)
    settings.readsPairs = true
    let model = try TextClassifier(pretrained: Self.golden, settings: settings)
    let inputs = TaskGoldens.all.pairs.map { TextInput($0.first, second: $0.second) }
    for (sequence, wanted) in zip(model.encode(inputs), TaskGoldens.all.pairs) {
      #expect(sequence.ids == wanted.ids)
      #expect(sequence.segments == wanted.types)
    }
    for (prediction, wanted) in zip(try model.predict(inputs), TaskGoldens.all.pairs) {
      let distance = zip(prediction.logits, wanted.logits).map { abs($0 - $1) }.max()!
      #expect(distance < 1e-4)
    }
  }

  @Test func `a folder's problem_type says what its logits mean`() throws {
    try Fixtures.withFolder { folder in
      let several = try TextClassifier(
        folder: self.folder(folder, ["problem_type": "multi_label_classification"]))
      let answer = try several.predict(["word1 word2"])[0]
      for (score, logit) in zip(answer.scores, answer.logits) {
        #expect(abs(score - 1 / (1 + exp(-Double(logit)))) < 1e-9)
      }
      let expected = answer.labels.indices.filter { answer.logits[$0] >= 0 }
      #expect(answer.answer == .labels(expected))
      #expect(answer.json()["labels"] as? [String] == expected.map { answer.labels[$0] })
      #expect(answer.json()["label"] == nil)
    }
    try Fixtures.withFolder { folder in
      let numbers = try TextClassifier(folder: self.folder(folder, ["problem_type": "regression"]))
      let answer = try numbers.predict(["word1 word2"])[0]
      #expect(answer.answer == .values(answer.logits.map(Double.init)))
      #expect((answer.json()["values"] as? [String: Double])?.count == 3)
    }
  }

  @Test func `a saved folder keeps task, thresholds, temperature and pairs`() throws {
    try Fixtures.withFolder { folder in
      var settings = ClassifierSettings(
        variant: try Variant("2VA"), kind: .multiLabel, labels: ["a", "b"],
        text: TextSettings(maximumLength: 16))
      settings.thresholds = [0.25, 0.75]
      settings.temperature = 1.5
      settings.readsPairs = true
      let model = try TextClassifier(pretrained: Self.golden, settings: settings)
      let inputs = [TextInput("word1 word2", second: "word3")]
      let before = try model.predict(inputs)[0]
      try model.save(to: folder)
      let opened = try TextClassifier(folder: folder)
      #expect(opened.settings == settings)
      #expect(try opened.predict(inputs)[0].scores == before.scores)
      let config =
        try JSONSerialization.jsonObject(
          with: Data(contentsOf: folder.appendingPathComponent("config.json"))) as! [String: Any]
      #expect(config["problem_type"] as? String == "multi_label_classification")
      let card = try String(contentsOf: folder.appendingPathComponent("README.md"), encoding: .utf8)
      #expect(card.contains("`a` 0.25"))
    }
  }
}
