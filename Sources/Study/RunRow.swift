import Foundation
import GRDB
import Torch
import Training

/// Which run of a study: its variant, seed and fold.
public struct RunKey: Hashable, Sendable {
  public let variant: String
  public let seed: UInt64
  /// From 0; nil without cross-validation
  public let fold: Int?

  public init(variant: String, seed: UInt64, fold: Int? = nil) {
    self.variant = variant
    self.seed = seed
    self.fold = fold
  }

  init(_ record: RunRecord) {
    self.init(variant: record.variant, seed: record.seed, fold: record.settings.data.fold)
  }
}

/// A row of the table `run`.
struct RunRow: Codable, FetchableRecord, MutablePersistableRecord {
  static let databaseTableName = "run"
  static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .convertToSnakeCase }
  static var databaseColumnDecodingStrategy: DatabaseColumnDecodingStrategy { .convertFromSnakeCase }

  var id: Int64?
  var variant: String
  /// The bits of an unsigned number
  var seed: Int64
  /// From 1; 0 without cross-validation
  var fold: Int
  var state: String
  /// Why a run failed
  var reason: String?
  var fingerprint: String
  var settings: String
  var started: Date
  var finished: Date?
  var fathom: String
  var libtorch: String
  var processor: String
  var threads: Int
  var parameters: Int?
  var sizeBytes: Int?
  var peakEpoch: Int?
  var trainSeconds: Double?
  var inferenceExamplesPerSecond: Double?
  var latencyMilliseconds: Double?
  var peakMemoryBytes: Int?
  var testCount: Int?
  var testAccuracy: Double?
  var testMacroF1: Double?
  var testLoss: Double?
  var testConfusion: String?
  /// JSON: every figure by its name
  var testFigures: String?

  init(_ key: RunKey, identity: String, settings: String) {
    variant = key.variant
    seed = Int64(bitPattern: key.seed)
    fold = key.fold.map { $0 + 1 } ?? 0
    state = "running"
    fingerprint = identity
    self.settings = settings
    started = Date()
    fathom = RunStore.version
    libtorch = Engine.version
    processor = Engine.processor
    threads = Engine.threadCount
  }

  mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }

  static func find(_ key: RunKey, _ database: Database) throws -> RunRow? {
    try filter(
      Column("variant") == key.variant && Column("seed") == Int64(bitPattern: key.seed)
        && Column("fold") == (key.fold.map { $0 + 1 } ?? 0)
    ).fetchOne(database)
  }

  /// Takes over what a finished run found.
  mutating func finish(_ record: RunRecord, confusion: String, figures: String) {
    state = "finished"
    reason = nil
    finished = Date()
    parameters = record.parameters
    sizeBytes = record.sizeBytes
    peakEpoch = record.peakEpoch
    trainSeconds = record.trainSeconds
    inferenceExamplesPerSecond = record.inferenceExamplesPerSecond
    latencyMilliseconds = record.latencyMilliseconds
    peakMemoryBytes = record.peakMemoryBytes
    testCount = record.test.count
    testAccuracy = record.test[.accuracy]
    testMacroF1 = record.test[.macroF1]
    testLoss = record.test[.loss]
    testFigures = figures
    testConfusion = confusion
  }
}

/// A row of the table `epoch`.
struct EpochRow: Codable, PersistableRecord {
  static let databaseTableName = "epoch"
  static let persistenceConflictPolicy = PersistenceConflictPolicy(insert: .replace, update: .replace)
  static var databaseColumnEncodingStrategy: DatabaseColumnEncodingStrategy { .convertToSnakeCase }

  var run: Int64
  var epoch: Int
  var trainLoss: Double
  var seconds: Double
  var tokens: Int
  var validationAccuracy: Double?
  var validationMacroF1: Double?
  var validationLoss: Double?
  var testAccuracy: Double?

  init(_ record: EpochRecord, run: Int64) {
    self.run = run
    epoch = record.epoch
    trainLoss = record.trainLoss
    seconds = record.seconds
    tokens = record.tokens
    validationAccuracy = record.validation?[.accuracy]
    validationMacroF1 = record.validation?[.macroF1]
    validationLoss = record.validation?[.loss]
    testAccuracy = record.test?[.accuracy]
  }
}

/// A row of the table `prediction`.
struct PredictionRow: Codable, PersistableRecord {
  static let databaseTableName = "prediction"

  var run: Int64
  var split: String
  var example: Int
  var target: Int
  var `class`: Int
  var score: Double?
  var constant: Double?
}
