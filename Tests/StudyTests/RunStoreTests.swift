import Files
import Checkpoint
import Corpus
import Fixtures
import Foundation
import Study
import Testing
import Training

@Suite struct RunStoreTests {
  private func data() throws -> TrainingData {
    let (texts, targets) = TinyTask.texts(20, seed: 1)
    let set = DataSet(texts: texts, targets: targets, classes: ["bad", "good"])
    return try TrainingData(train: set, test: set, validationShare: 0.2, splitSeed: 1, selection: .validation)
  }

  private func record(_ data: TrainingData) throws -> RunRecord {
    let metrics = try Metrics(
      logits: data.test.targets.map { $0 == 0 ? [1, 0] : [0, 1] }, targets: data.test.targets)
    let epochs = (1...2).map {
      EpochRecord(epoch: $0, trainLoss: 1 / Double($0), validation: metrics, test: nil, seconds: 2, tokens: 9)
    }
    return RunRecord(
      variant: "3VA", seed: .max, epochs: epochs, peakEpoch: 2, test: metrics, parameters: 7, sizeBytes: 28,
      inferenceExamplesPerSecond: 5, identity: "f", settings: try .sample())
  }

  private func predictions(_ data: TrainingData, _ change: (Int) -> Int = { $0 }) throws
    -> TrainingJob.Predictions
  {
    let json = ["validation": Array(data.validation!.targets), "test": data.test.targets.map(change)]
    return try JSONDecoder().decode(TrainingJob.Predictions.self, from: JSONEncoder().encode(json))
  }

  @Test func `a run is there from its first epoch, and whole when it is finished`() throws {
    try Fixtures.withFolder { folder in
      let data = try data()
      let record = try record(data)
      do {
        let store = try RunStore(folder)
        try store.begin(variant: "3VA", seed: .max, identity: "f", settings: record.settings)
        try store.add(record.epochs[0], variant: "3VA", seed: .max)
      }
      let running = try RunStore(reading: folder)
      let first = try #require(running.runs().first)
      #expect(!first.isFinished && first.seed == .max && first["test_accuracy"] == nil)
      #expect(try running.epochs(of: first).count == 1)
      for _ in 0..<2 {
        try RunStore(folder).finish(record, predictions(data) { $0 == 0 ? 1 : $0 }, data: data)
      }
      let store = try RunStore(reading: folder)
      let runs = try store.runs()
      #expect(
        runs.count == 1 && runs[0].isFinished && runs[0]["test_accuracy"]?.real == 1
          && runs[0]["settings"]?.description.contains(#""max_length":16"#) == true)
      #expect(
        try store.epochs(of: runs[0]).map { $0.first { $0.name == "train_loss" }?.value } == [
          .real(1), .real(0.5),
        ])
      #expect(try store.hits(of: runs[0], split: "validation") == [1, 1, 1, 1])
      #expect(try store.hits(of: runs[0], split: "test") == data.test.targets.map { $0 == 0 ? 0 : 1 })
    }
  }

  @Test func `what is no store is one sentence`() throws {
    try Fixtures.withFolder { folder in
      let missing = #expect(throws: CheckpointError.self) { try RunStore(reading: folder) }
      #expect(missing?.description.contains("fathom study") == true)
      try Data(repeating: 0x41, count: 5000).write(to: RunStore.file(folder))
      for error in [
        #expect(throws: CheckpointError.self, performing: { try RunStore(reading: folder) }),
        #expect(throws: CheckpointError.self, performing: { try RunStore(folder) }),
      ] { #expect(error?.description.contains("study.sqlite is damaged") == true) }
    }
  }
}
