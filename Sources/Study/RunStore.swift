import Files
import Checkpoint
import Corpus
import Foundation
import GRDB
import Torch
import Training

/// `study.sqlite`: what a study has run, epoch by epoch, readable with plain SQL. Docs/run-store.md gives the schema.
///
/// Everything is written in transactions: whenever the program is killed, the file holds all that was finished.
public final class RunStore {
  let queue: DatabaseQueue
  private let file: URL

  public static func file(_ folder: URL) -> URL { folder.appendingPathComponent("study.sqlite") }

  /// Opens the store of a study, making it or bringing it to the newest schema.
  /// - Throws: `CheckpointError` when the file is damaged, is no store, or comes from a newer Fathom.
  public init(_ folder: URL) throws {
    file = RunStore.file(folder)
    do {
      queue = try DatabaseQueue(path: file.path)
      guard try queue.read(RunStore.migrator.hasBeenSuperseded) == false else {
        throw CheckpointError("\(file.path) was written by a newer Fathom: use that one")
      }
      try RunStore.migrator.migrate(queue)
    } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  /// Opens a store for reading alone.
  public init(reading folder: URL) throws {
    file = RunStore.file(folder)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw CheckpointError(
        "\(folder.path) holds no study.sqlite: name the folder that `fathom study --out` wrote")
    }
    var configuration = Configuration()
    configuration.readonly = true
    do {
      queue = try DatabaseQueue(path: file.path, configuration: configuration)
      guard try queue.read(RunStore.migrator.hasCompletedMigrations) else {
        throw CheckpointError(
          "\(file.path) has another schema than this Fathom reads: run `fathom study` on it once more")
      }
    } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  private static func fault(_ error: DatabaseError, _ file: URL) -> CheckpointError {
    switch error.resultCode {
    case .SQLITE_FULL: CheckpointError("\(file.path) could not be written: free some space and run again")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      CheckpointError("\(file.path) is in use by another process: wait for it")
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY:
      CheckpointError("\(file.path) cannot be opened: check its permissions")
    default:
      CheckpointError(
        "\(file.path) is damaged (\(error.message ?? "no SQLite database")): move it away and run again")
    }
  }

  private func write(_ body: (Database) throws -> Void) throws {
    do { try queue.write(body) } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  func read<R>(_ body: (Database) throws -> R) throws -> R {
    do { return try queue.read(body) } catch let error as DatabaseError { throw RunStore.fault(error, file) }
  }

  // MARK: Writing

  /// Notes that a run begins, or goes on.
  public func begin(variant: String, seed: UInt64, identity: String, settings: RunSettings) throws {
    let text = try RunStore.json(settings)
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO run (variant, seed, state, fingerprint, settings, started, fathom, libtorch, processor, threads)
          VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (variant, seed) DO UPDATE SET state = 'running', fingerprint = excluded.fingerprint,
            settings = excluded.settings
          """,
        arguments: [
          variant, Int64(bitPattern: seed), identity, text, Date(), RunStore.version, Engine.version,
          Engine.processor,
          Engine.threadCount,
        ])
    }
  }

  public func add(_ epoch: EpochRecord, variant: String, seed: UInt64) throws {
    try write { try RunStore.insert(epoch, run: RunStore.number(variant, seed, $0), $0) }
  }

  /// Writes a finished run with its epochs and predictions, all or nothing.
  /// - Precondition: the predictions are of these data.
  public func finish(_ record: RunRecord, _ predictions: TrainingJob.Predictions, data: TrainingData) throws {
    try begin(
      variant: record.variant, seed: record.seed, identity: record.identity, settings: record.settings)
    let confusion = try RunStore.json(record.test.confusion)
    try write { database in
      let run = try RunStore.number(record.variant, record.seed, database)
      try database.execute(
        sql: """
          UPDATE run SET state = 'finished', finished = ?, parameters = ?, size_bytes = ?, peak_epoch = ?, train_seconds = ?,
            inference_examples_per_second = ?, latency_milliseconds = ?, peak_memory_bytes = ?, test_count = ?, test_accuracy = ?, test_macro_f1 = ?,
            test_loss = ?, test_confusion = ? WHERE id = ?
          """,
        arguments: [
          Date(), record.parameters, record.sizeBytes, record.peakEpoch, record.trainSeconds,
          record.inferenceExamplesPerSecond,
          record.latencyMilliseconds, record.peakMemoryBytes, record.test.count, record.test.accuracy,
          record.test.macroF1,
          record.test.loss, confusion, run,
        ])
      for epoch in record.epochs { try RunStore.insert(epoch, run: run, database) }
      try database.execute(sql: "DELETE FROM prediction WHERE run = ?", arguments: [run])
      let statement = try database.makeStatement(
        sql: "INSERT INTO prediction (run, split, example, target, class) VALUES (?, ?, ?, ?, ?)")
      let sets = [
        ("validation", predictions.validation ?? [], data.validation?.targets ?? IntList([])),
        ("test", predictions.test, data.test.targets),
      ]
      for (split, classes, targets) in sets {
        for (example, pair) in zip(targets, classes).enumerated() {
          try statement.execute(arguments: [run, split, example, pair.0, pair.1])
        }
      }
    }
  }

  private static func number(_ variant: String, _ seed: UInt64, _ database: Database) throws -> Int64 {
    let row = try Int64.fetchOne(
      database, sql: "SELECT id FROM run WHERE variant = ? AND seed = ?",
      arguments: [variant, Int64(bitPattern: seed)])
    guard let row else { preconditionFailure("run \(variant) with seed \(seed) was never begun") }
    return row
  }

  private static func insert(_ epoch: EpochRecord, run: Int64, _ database: Database) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO epoch (run, epoch, train_loss, seconds, tokens, validation_accuracy, validation_macro_f1,
          validation_loss, test_accuracy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        run, epoch.epoch, epoch.trainLoss, epoch.seconds, epoch.tokens, epoch.validation?.accuracy,
        epoch.validation?.macroF1,
        epoch.validation?.loss, epoch.test?.accuracy,
      ])
  }

  /// Of this program, as `fathom --version` gives it.
  public static let version = "0.1.0"

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
