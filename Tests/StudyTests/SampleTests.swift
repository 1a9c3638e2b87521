import Classification
import Corpus
import Fixtures
import Foundation
import Study
import Testing
import Torch
import Training
import WordPiece

/// The bundled sample must be a task in which depth matters.
@Suite(.serialized) struct SampleTests {
  init() { Engine.threadCount = ProcessInfo.processInfo.activeProcessorCount }

  private let folder = Fixtures.root.appendingPathComponent("Sample")

  private func load() throws -> (train: DataSet, test: DataSet) {
    let train = try DataSet(
      CorpusReader().read(folder.appendingPathComponent("train.csv"), split: .train).all())
    return (
      train,
      try DataSet(
        CorpusReader().read(folder.appendingPathComponent("test.csv"), split: .test).all(),
        classes: train.classes)
    )
  }

  @Test func `three blocks beat a bag of words by far`() throws {
    let (train, test) = try load()
    #expect(train.count == 4000 && test.count == 1500)
    let words = BagOfWords(train)
    let bag = words.accuracy(test)
    var options = TrainingOptions()
    options.epochs = 2
    options.bertLearningRate = 5e-4
    options.schedule = .linear
    options.warmup = 0.1
    let data = try TrainingData(
      train: train, test: test, validationShare: 0.1, splitSeed: 1, selection: .validation)
    let deep = try Fixtures.withFolder { out in
      try TrainingJob(
        model: folder.appendingPathComponent("model"), variant: try Variant("3VA"), data: data,
        options: options, text: TextSettings(maximumLength: 96)
      ).run(in: out)
    }
    #expect(words.accuracy(train) > 0.5 && bag < 0.65)
    #expect(deep.test.accuracy > bag + 0.15, "bag of words \(bag), 3VA \(deep.test.accuracy)")
  }

  @Test func `the sample stays small`() throws {
    func sizeBytes(_ name: String) throws -> Int {
      try #require(
        try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(name).path)[.size]
          as? NSNumber
      ).intValue
    }
    #expect(try sizeBytes("train.csv") + sizeBytes("test.csv") < 2_000_000)
    #expect(try sizeBytes("model/model.safetensors") < 10_000_000)
  }
}

/// Logistic regression on word counts, trained by stochastic gradient descent.
private struct BagOfWords {
  private var weights: [Double]
  private var bias = 0.0
  private let tokenizer: Tokenizer

  init(_ data: DataSet) {
    let options = TokenizerOptions()
    tokenizer = try! WordCounts(data.texts, options: options).wordTokenizer(size: 5000, options: options)
    weights = [Double](repeating: 0, count: tokenizer.tokenCount)
    let rows = tokenizer.encode(Array(data.texts))
    for epoch in 0..<12 {
      let rate = 0.05 / Double(1 + epoch)
      for index in BatchPlan(count: rows.count, batchSize: 1, seed: 1, epoch: epoch).batches(
        lengths: rows.map { _ in 1 }
      ).joined() {
        let row = rows[index]
        let error = 1 / (1 + exp(-score(row))) - Double(data.targets[index])
        for id in row { weights[Int(id)] -= rate * error }
        bias -= rate * error
      }
    }
  }

  private func score(_ row: [Int32]) -> Double { row.reduce(bias) { $0 + weights[Int($1)] } }

  func accuracy(_ data: DataSet) -> Double {
    let rows = tokenizer.encode(Array(data.texts))
    return Double(rows.indices.count { (score(rows[$0]) > 0) == (data.targets[$0] == 1) })
      / Double(data.count)
  }
}
