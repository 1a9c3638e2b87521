import Encoder
import Classification
import Corpus
import Files
import Fixtures
import Foundation
import Testing
import Torch
import Training

@testable import Study

@Suite(.serialized) struct PublishedSlipTests {
  init() { Engine.threadCount = 1 }

  private func set(_ count: Int, seed: UInt64) -> DataSet {
    let (texts, targets) = TinyTask.texts(count, seed: seed)
    return DataSet(texts: texts, targets: targets, classes: ["neg", "pos"])
  }

  private func job(_ variant: String, in folder: URL) throws -> TrainingJob {
    let model = folder.appendingPathComponent("pretrained")
    if !FileManager.default.fileExists(atPath: model.path) { try writeTinyModel(to: model) }
    var options = TrainingOptions()
    options.epochs = 2
    options.batchSize = 8
    return try TrainingJob(
      model: model, variant: Variant(variant),
      data: TrainingData(
        train: set(40, seed: 1), test: set(20, seed: 2), validationShare: 0.2, splitSeed: 1, selection: .test),
      options: options, text: TextSettings(maximumLength: 24))
  }

  @Test func `each slip is one of a kind and changes something in some variant`() throws {
    try Fixtures.withFolder { folder in
      let names = PublishedSlip.all.map(\.name)
      #expect(Set(names).count == names.count)
      for slip in PublishedSlip.all {
        let changes = try ["1VA", "1VF", "1LV", "baseline-custom"].contains { variant in
          var job = try job(variant, in: folder)
          job.network.pooler = .reinitialized
          let before = job.identity
          job.apply([slip])
          #expect(job.asPublished == [slip.name])
          return job.identity != before
        }
        #expect(changes, "\(slip.name)")
      }
      #expect(throws: FathomError.self) { try PublishedSlip.named(["misread-steps", "no-such"]) }
    }
  }

  @Test func `slips reach the variants that they belong to alone`() throws {
    try Fixtures.withFolder { folder in
      func published(_ variant: String) throws -> TrainingJob {
        var job = try job(variant, in: folder)
        job.apply(PublishedSlip.all)
        return job
      }
      let pooled = try published("1VA")
      #expect(pooled.network.deviations?.readsPadding == false && pooled.options.epochs == 2)
      #expect(pooled.network.bertDropout == 0 && pooled.network.attentionDropout == 0)
      #expect(pooled.options.selection == .test && pooled.options.metric == .loss)
      #expect(pooled.network.deviations?.evaluationBatch == 8 && pooled.text.cleaning == .markup2019)
      let flat = try published("1VF")
      #expect(
        flat.network.deviations?.readsPadding == true && flat.network.deviations?.misreadsSteps == false)
      #expect(try published("1LC").network.deviations?.misreadsSteps == true)
      let custom = try published("baseline-custom")
      #expect(custom.network.wordPieceRows == 100_000 && custom.options.epochs == 50)
      #expect(try published("baseline-bert").options.epochs == 50)
      #expect(pooled.network.wordPieceRows == nil)
    }
  }

  @Test(arguments: ["1VA", "1VF", "1LV", "baseline-custom"])
  func `as published, a run is the same each time and its folder predicts as the run did`(variant: String)
    throws
  {
    try Fixtures.withFolder { folder in
      var job = try job(variant, in: folder)
      // What is left out draws dropout while it predicts, or takes fifty epochs.
      job.apply(PublishedSlip.all.filter { !["dropout-in-testing", "fifty-epochs"].contains($0.name) })
      if variant == "baseline-custom" { job.network.wordPieceRows = 300 }
      let records = try ["a", "b"].map { try job.run(in: folder.appendingPathComponent($0)) }
      #expect(records[0].test == records[1].test && records[0].settings == records[1].settings)
      #expect(records[0].settings.asPublished?.contains("misread-steps") == true)
      let opened = try TextClassifier(folder: folder.appendingPathComponent("a"))
      let logits = try opened.logits(EncodedTexts(job.data.test, opened), dtype: .float32, device: .cpu)
      let predicted = try logits.map(TextClassifier.predictedClass)
      #expect(try predicted == TrainingJob.Predictions.read(folder.appendingPathComponent("a")).test)
    }
  }

  @Test func `a misread text depends on its neighbours, and dropout in testing on chance`() throws {
    try Fixtures.withFolder { folder in
      func classifier(_ change: (inout Deviations) -> Void) throws -> TextClassifier {
        var deviations = Deviations()
        change(&deviations)
        RandomState.seed(3)
        let model = folder.appendingPathComponent("pretrained")
        try writeTinyModel(to: model)
        return try TextClassifier(
          pretrained: model,
          settings: ClassifierSettings(
            variant: Variant("1LV"), labels: ["neg", "pos"], text: TextSettings(maximumLength: 24),
            deviations: deviations))
      }
      let texts: [[Int32]] = [[2, 7, 8, 3], [2, 9, 10, 11, 12, 13, 3], [2, 5, 3]]
      let misread = try classifier {
        $0.readsPadding = true
        $0.misreadsSteps = true
        $0.evaluationBatch = 3
      }
      #expect(misread.logits(texts)[0] != misread.logits([texts[0], texts[2], texts[1]])[0])
      #expect(misread.logits(texts) == misread.logits(texts))
      let dropping = try classifier { $0.dropsOutInTesting = true }
      #expect(dropping.logits(texts) != dropping.logits(texts))
    }
  }

  @Test func `a model of fewer blocks runs the rows it can, and the others are named`() throws {
    let six = try IMDB2019.variants(blocks: 6)
    #expect(six.leftOut.map(\.description) == ["12VA"] && six.run.count == IMDB2019.variants.count - 1)
    let two = try IMDB2019.variants(blocks: 2)
    #expect(two.run.map(\.description).contains("2LBD") && !two.run.map(\.description).contains("3VA"))
    #expect(try IMDB2019.variants(blocks: 12).leftOut.isEmpty)
  }
}
