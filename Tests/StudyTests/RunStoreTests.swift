import Classification
import Corpus
import Files
import Fixtures
import Foundation
import GRDB
import Study
import Testing
import Training

@Suite struct RunStoreTests {
  private let key = RunKey(variant: "3VA", seed: .max)

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
        try store.begin(key, identity: "f", settings: record.settings)
        try store.add(record.epochs[0], to: key)
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
          && runs[0]["settings"]?.text.contains(#""max_length":16"#) == true)
      #expect(
        try store.epochs(of: runs[0]).map { $0.first { $0.name == "train_loss" }?.value?.real } == [1, 0.5])
      #expect(try store.scores(of: runs[0], split: "validation") == [1, 1, 1, 1])
      #expect(try store.scores(of: runs[0], split: "test") == data.test.targets.map { $0 == 0 ? 0 : 1 })
    }
  }

  @Test func `what is no store is one sentence`() throws {
    try Fixtures.withFolder { folder in
      let missing = #expect(throws: FathomError.self) { try RunStore(reading: folder) }
      #expect(missing?.code == .notFound)
      try Data(repeating: 0x41, count: 5000).write(to: RunStore.file(folder))
      for error in [
        #expect(throws: FathomError.self, performing: { try RunStore(reading: folder) }),
        #expect(throws: FathomError.self, performing: { try RunStore(folder) }),
      ] {
        #expect(error?.code == .damaged && error?.description.contains("runs rebuild") == true)
      }
    }
  }

  @Test func `readers do not disturb the writer, nor the writer readers`() throws {
    try Fixtures.withFolder { folder in
      let settings = try RunSettings.sample()
      let key = self.key
      // One file as a finished study leaves it, so that the switch to write-ahead mode meets readers too.
      try RunStore(folder).begin(key, identity: "f", settings: settings)
      let faults = Faults()
      DispatchQueue.concurrentPerform(iterations: 4) { worker in
        do {
          if worker == 0 {
            for _ in 0..<3 {
              let store = try RunStore(folder)
              for epoch in 1...60 {
                try store.add(
                  EpochRecord(
                    epoch: epoch, trainLoss: 1, validation: nil, test: nil, seconds: 1, tokens: 1), to: key)
              }
            }
            faults.finish()
          } else {
            while !faults.isFinished {
              let store = try RunStore(reading: folder)
              for run in try store.runs() { _ = try store.epochs(of: run) }
            }
          }
        } catch { faults.add("\(worker == 0 ? "writer" : "reader"): \(error)") }
      }
      #expect(faults.list == [])
      // The last writer tidies up what readers kept it from doing.
      _ = try RunStore(folder).runs()
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names == ["study.sqlite"], "one file is left")
      let store = try RunStore(reading: folder)
      #expect(try store.epochs(of: store.runs()[0]).count == 60)
    }
  }

  @Test func `a store of the first schema opens for readers as it is, and is brought up to date by a writer`()
    throws
  {
    try Fixtures.withFolder { folder in
      let path = RunStore.file(folder).path
      do {
        let queue = try DatabaseQueue(path: path)
        try RunStore.migrator.migrate(queue, upTo: "1")
        try queue.write { database in
          try database.execute(
            sql: """
              INSERT INTO run (id, variant, seed, state, fingerprint, settings, started, fathom, libtorch,
                processor, threads) VALUES (7, '2VA', -1, 'finished', 'f', '{}', 'now', '0', '0', 'p', 1);
              INSERT INTO prediction VALUES (7, 'test', 0, 1, 1);
              """)
        }
      }
      let before = try Data(contentsOf: RunStore.file(folder))
      let reader = try RunStore(reading: folder)
      let run = try #require(try reader.runs().first)
      #expect(run.name == "2VA-s18446744073709551615" && run.fold == nil && run.isFinished)
      #expect(try reader.scores(of: run, split: "test") == [1])
      #expect(try Data(contentsOf: RunStore.file(folder)) == before, "a reader changes no file")
      let writer = try RunStore(folder)
      #expect(try writer.scores(of: writer.runs()[0], split: "test") == [1])
    }
  }

  @Test func `a store is made anew from the run folders`() throws {
    try Fixtures.withFolder { folder in
      let data = try data()
      let record = try record(data)
      let home = StudyPlan.folder(try Variant("3VA"), seed: .max, in: folder)
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      try JSONEncoder().encode(record).write(to: home.appendingPathComponent("run.json"))
      let targets = Array(data.test.targets)
      let json = [
        "validation": [0, 1], "validation_targets": [1, 1], "test": targets, "test_targets": targets,
      ]
      try JSONEncoder().encode(json).write(to: home.appendingPathComponent("predictions.json"))
      try Data(repeating: 0x41, count: 5000).write(to: RunStore.file(folder))
      let (count, left) = try RunStore.rebuild(folder)
      #expect(count == 1 && left.isEmpty)
      let store = try RunStore(reading: folder)
      #expect(try store.scores(of: store.runs()[0], split: "validation") == [0, 1])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(names.contains("study.sqlite.before-1"), "nothing is thrown away")
    }
  }
}

/// What several threads found wrong.
private final class Faults: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [String] = []
  private var finished = false

  func add(_ fault: String) {
    lock.withLock {
      found.append(fault)
      finished = true
    }
  }
  func finish() { lock.withLock { finished = true } }
  var isFinished: Bool { lock.withLock { finished } }
  var list: [String] { lock.withLock { found } }
}
