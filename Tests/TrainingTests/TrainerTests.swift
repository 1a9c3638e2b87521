import Files
import Encoder
import Checkpoint
import Classification
import Corpus
import Fixtures
import Foundation
import Testing
import Torch
import Training
import WordPiece

/// Training draws from one generator of the process: these tests run one at a time.
@Suite(.serialized) struct TrainerTests {
  // Operations this small only lose by being shared out.
  init() { Engine.threadCount = 1 }

  private func data(selection: TrainingOptions.Selection = .validation) throws -> TrainingData {
    let (trainTexts, trainTargets) = TinyTask.texts(160, seed: 1)
    let (testTexts, testTargets) = TinyTask.texts(80, seed: 2)
    return try TrainingData(
      train: DataSet(texts: trainTexts, targets: trainTargets, classes: ["bad", "good"]),
      test: DataSet(texts: testTexts, targets: testTargets, classes: ["bad", "good"]), validationShare: 0.2,
      splitSeed: 1,
      selection: selection)
  }

  @Test func `averaged over batches, a smaller last batch weighs as much as the others`() throws {
    try Fixtures.withFolder { folder in
      let made = try job("1VA", in: folder) {
        $0.selection = .test
        $0.averagesOverBatches = true
        $0.epochs = 1
        $0.batchSize = 32
      }
      let record = try made.run(in: folder.appendingPathComponent("out"))
      let predictions = try TrainingJob.Predictions.read(folder.appendingPathComponent("out"))
      let hits = zip(predictions.test, made.data.test.targets).map { $0 == $1 ? 1.0 : 0 }
      // 80 test examples: batches of 32, 32 and 16.
      let parts = [hits[0..<32], hits[32..<64], hits[64..<80]].map { $0.reduce(0, +) / Double($0.count) }
      #expect(abs(record.test.accuracy - parts.reduce(0, +) / 3) < 1e-12)
    }
  }

  private func job(_ variant: String, in folder: URL, _ change: (inout TrainingOptions) -> Void = { _ in })
    throws -> TrainingJob
  {
    var options = TrainingOptions()
    options.epochs = 3
    options.batchSize = 16
    options.bertLearningRate = 3e-3
    options.headLearningRate = 1e-2
    change(&options)
    let model = folder.appendingPathComponent("pretrained")
    try writeTinyModel(to: model)
    return try TrainingJob(
      model: model, variant: Variant(variant), data: data(selection: options.selection), options: options,
      text: TextSettings(maximumLength: 16))
  }

  private func weights(_ folder: URL) throws -> [String: [Float]] {
    let checkpoint = try Checkpoint(folder: folder)
    return Dictionary(
      uniqueKeysWithValues: checkpoint.names.map { ($0, checkpoint[$0]!.load().array(Float.self)) })
  }

  @Test(arguments: [
    "2VA", "2VC", "2VM", "2VX", "2VF", "1LV", "2LC", "1LBD", "baseline-custom", "baseline-bert",
  ])
  func `every variant learns a task that a word decides`(variant: String) throws {
    try Fixtures.withFolder { folder in
      let record = try job(variant, in: folder) { $0.epochs = 8 }.run(
        in: folder.appendingPathComponent("out"))
      #expect(record.test.accuracy > 0.9, "\(record.epochs.map(\.trainLoss))")
      #expect(record.test.count == 80 && record.validationAccuracy != nil)
      let opened = try TextClassifier(folder: folder.appendingPathComponent("out"))
      #expect(try opened.predict(["the book was so good"])[0].title == "good")
    }
  }

  @Test(
    .enabled(if: Fused.isAvailable(.float32, on: .cpu, widths: []), "this processor has no fused operations"))
  func `fused and plain operations train alike`() throws {
    try Fixtures.withFolder { folder in
      for variant in ["3VA", "2LV", "2VF"] {
        for precision in [TrainingOptions.Precision.fp32, .bf16] {
          var losses: [[Double]] = []
          for isFused in [true, false] {
            var job = try job(variant, in: folder) {
              $0.precision = precision
              // At the rates of the other tests bf16 is chaotic: another order of two additions then moves
              // the loss by 0.2.
              $0.bertLearningRate *= 0.3
              $0.headLearningRate *= 0.3
            }
            try writeTinyModel(to: job.model, hidden: 32, dropout: 0)
            job.network.dropout = 0
            let run = folder.appendingPathComponent("\(variant)-\(precision)-\(isFused)")
            let record = try isFused ? job.run(in: run) : Fused.disabled { try job.run(in: run) }
            losses.append(record.epochs.map(\.trainLoss))
          }
          // The largest difference over ten seeds was 0.006 in bf16.
          let tolerance = precision == .fp32 ? 2e-4 : 1e-2
          #expect(losses[0].first! > losses[0].last!)
          for (fused, plain) in zip(losses[0], losses[1]) {
            #expect(abs(fused - plain) < tolerance, "\(variant) \(precision): \(losses)")
          }
        }
      }
    }
  }

  @Test func `the same seed gives the same weights, another seed others`() throws {
    try Fixtures.withFolder { folder in
      for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] {
        _ = try job("1VA", in: folder) { $0.seed = UInt64(seed) }.run(in: folder.appendingPathComponent(name))
      }
      let a = try weights(folder.appendingPathComponent("a"))
      #expect(try a == weights(folder.appendingPathComponent("b")))
      #expect(try a != weights(folder.appendingPathComponent("c")))
    }
  }

  @Test(arguments: [1, 4, 8, 11, 16, 21])
  func `a run stopped anywhere and resumed ends with the weights of one that never stopped`(stopAfter: Int)
    throws
  {
    try Fixtures.withFolder { folder in
      let job = try job("1LV", in: folder) { options in
        options.schedule = .linear
        options.clipNorm = 1
        options.accumulation = 2
      }
      let straight = try job.run(in: folder.appendingPathComponent("straight"))
      let stopped = folder.appendingPathComponent("stopped")
      var asked = 0
      #expect(throws: Trainer.Interrupted.self) {
        try job.run(in: stopped) { event in
          if case .note = event { return .more }
          asked += 1
          return asked == stopAfter ? .stop : .more
        }
      }
      #expect(
        FileManager.default.fileExists(
          atPath: stopped.appendingPathComponent("training-state.safetensors").path))
      let resumed = try job.run(in: stopped)
      #expect(try weights(stopped) == weights(folder.appendingPathComponent("straight")))
      #expect(resumed.epochs.map(\.trainLoss) == straight.epochs.map(\.trainLoss))
      #expect(resumed.peakEpoch == straight.peakEpoch && resumed.test == straight.test)
      #expect(
        !FileManager.default.fileExists(
          atPath: stopped.appendingPathComponent("training-state.safetensors").path))
    }
  }

  @Test func `a stopped run is not resumed with other settings`() throws {
    try Fixtures.withFolder { folder in
      let out = folder.appendingPathComponent("out")
      #expect(throws: Trainer.Interrupted.self) {
        try job("1VA", in: folder).run(in: out) { event in
          if case .note = event { return .more }
          return .stop
        }
      }
      let error = #expect(throws: FathomError.self) {
        try job("1VA", in: folder) { $0.bertLearningRate = 1e-5 }.run(in: out)
      }
      #expect(error?.description.contains("other settings") == true)
    }
  }

  @Test func `accumulation changes memory, not the update`() throws {
    try Fixtures.withFolder { folder in
      // Dropout draws differently for parts; without it only rounding is left.
      for (name, parts) in [("one", 1), ("four", 4)] {
        var job = try job("1VA", in: folder) { options in
          options.accumulation = parts
          options.epochs = 1
        }
        job.network.dropout = 0
        let config = folder.appendingPathComponent("pretrained/config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "_prob\":0.1", with: "_prob\":0").utf8).write(to: config)
        _ = try job.run(in: folder.appendingPathComponent(name))
      }
      let one = try weights(folder.appendingPathComponent("one")),
        four = try weights(folder.appendingPathComponent("four"))
      for (name, values) in one where !name.hasSuffix("key.bias") {
        #expect(isClose(four[name]!, values, within: 2e-3), "\(name)")
      }
    }
  }

  @Test func `selection on the test set carves nothing out and says so`() throws {
    try Fixtures.withFolder { folder in
      let record = try job("1VA", in: folder) { $0.selection = .test }.run(
        in: folder.appendingPathComponent("out"))
      #expect(record.validationAccuracy == nil && record.epochs.allSatisfy { $0.test != nil })
      #expect(
        record.settings.training.selection == .test && record.settings.data.trainExamples == 160)
      #expect(record.test.accuracy == record.epochs.compactMap { $0.test?.accuracy }.max())
    }
  }

  @Test func `a loss that is no number ends the run with advice`() throws {
    try Fixtures.withFolder { folder in
      let error = #expect(throws: FathomError.self) {
        try job("1VA", in: folder) { $0.bertLearningRate = 1e38 }.run(
          in: folder.appendingPathComponent("out"))
      }
      #expect(error?.code == .notFinite && error?.description.contains("step 2 of epoch 1") == true)
    }
  }

  @Test func `patience ends training early`() throws {
    try Fixtures.withFolder { folder in
      let record = try job("1VA", in: folder) { options in
        options.epochs = 30
        options.patience = 2
        options.bertLearningRate = 0
        options.headLearningRate = 0
      }.run(in: folder.appendingPathComponent("out"))
      #expect(record.epochs.count == 3 && record.peakEpoch == 1)
    }
  }

  @Test func `the three groups are BERT weights, BERT biases with norms, and the rest`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let settings = ClassifierSettings(variant: try Variant("1LV"), labels: ["a", "b"], maximumLength: 8)
      let network = try TextClassifier(pretrained: folder, settings: settings).network
      let groups = AdamW.groups(network, TrainingOptions())
      #expect(groups.map(\.learningRate) == [3e-5, 3e-5, 1e-3] && groups.map(\.weightDecay) == [0.01, 0, 0])
      #expect(
        groups[0].parameters.allSatisfy {
          $0.name.hasPrefix("bert.") && $0.name.hasSuffix("weight") && !$0.name.contains("LayerNorm")
        })
      #expect(groups[1].parameters.allSatisfy { $0.name.hasSuffix("bias") || $0.name.contains("LayerNorm") })
      #expect(
        groups[2].parameters.allSatisfy { $0.name.hasPrefix("lstm.") || $0.name.hasPrefix("classifier.") })
      #expect(groups.reduce(0) { $0 + $1.parameters.count } == network.namedParameters().count)
    }
  }

  @Test func `the rate warms up and decays to nothing`() {
    var options = TrainingOptions()
    #expect(options.rate(step: 0, of: 10) == 1)
    options.schedule = .linear
    options.warmup = 0.2
    let rates = (0..<10).map { options.rate(step: $0, of: 10) }
    #expect(rates[0] == 0.5 && rates[1] == 1 && rates[2] == 1 && abs(rates[9] - 0.125) < 1e-12)
  }

  @Test func `a second process is kept out of a folder in use`() throws {
    try Fixtures.withFolder { folder in
      let lock = try RunFolder(folder)
      #expect(throws: FathomError.self) { try RunFolder(folder) }
      withExtendedLifetime(lock) {}
    }
  }

  @Test func `pretraining learns its text, resumes and opens as a pretrained model`() throws {
    try Fixtures.withFolder { folder in
      let texts = TinyTask.texts(200, seed: 3).texts
      func pretrainer(_ name: String, _ passages: [String] = texts) throws -> Pretrainer {
        RandomState.seed(1)
        let out = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        let config = BERTConfig(
          vocabularySize: TinyTask.words.count, hiddenSize: 16, blockCount: 1, headCount: 2,
          intermediateSize: 32, maximumPositions: 32)
        let bert = BERTModel(config)
        bert.initialize()
        var options = Pretrainer.Options()
        options.epochs = 4
        options.batchSize = 16
        options.learningRate = 1e-2
        options.maximumLength = 32
        return try Pretrainer(
          MaskedLanguageModel(bert), Tokenizer(Vocabulary(TinyTask.words)), options, passages: passages,
          modelDigest: "x", folder: out)
      }
      // 80 words and room for 30 beside [CLS] and [SEP]: nothing of a long passage is lost.
      let long = [String](repeating: "the film was good", count: 20).joined(separator: " ")
      let cut = try pretrainer("long", [long, "bad"])
      #expect(cut.trained == 2 && cut.sequenceCount == 4)
      let losses = try pretrainer("straight").run().map(\.trainLoss)
      #expect(losses.count == 4 && losses[3] < losses[0])
      var asked = 0
      #expect(throws: Trainer.Interrupted.self) {
        try pretrainer("stopped").run { _ in
          asked += 1
          return asked == 20 ? .stop : .more
        }
      }
      // As many lines, other words: today's text is not what the stopped run was learning from.
      let other = #expect(throws: FathomError.self) {
        try pretrainer("stopped", texts.map { _ in "the film was very very good" }).run()
      }
      #expect(other?.code == .mismatch)
      #expect(try pretrainer("stopped").run().map(\.trainLoss) == losses)
      #expect(
        try weights(folder.appendingPathComponent("straight"))
          == weights(folder.appendingPathComponent("stopped")))
      #expect(try BERTModel(Checkpoint(folder: folder.appendingPathComponent("straight"))).blocks.count == 1)
    }
  }
}

@Suite struct MetricsTests {
  @Test func `accuracy, macro-F1, loss and confusion equal a count by hand`() throws {
    let metrics = try Metrics(
      logits: [[2, 0, 0], [0, 2, 0], [0, 2, 0], [0, 0, 0.5]], targets: [0, 1, 0, 1])
    #expect(metrics.accuracy == 0.5 && metrics.confusion?.rows == [[1, 1, 0], [0, 1, 1], [0, 0, 0]])
    // F1 of the classes: 2/3, 1/2, 0
    #expect(abs(metrics.macroF1 - (2.0 / 3 + 0.5) / 3) < 1e-12)
    #expect(metrics.loss > 0 && metrics.loss.isFinite)
  }
}
