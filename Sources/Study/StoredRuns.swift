import Classification
import Files
import Foundation
import GRDB
import Training

/// A row of the store's `run` table.
public struct StoredRun: Sendable {
  public enum State: String, Sendable { case running, finished, failed }

  public let id: Int64
  public let variant: String
  public let seed: UInt64
  /// As its folder is called
  public let name: String
  public var isFinished: Bool { state == .finished }
  public let state: State
  /// Why it failed
  public let reason: String?
  /// From 0; nil without cross-validation
  public let fold: Int?
  /// Column names with their values, in the order of the table; nil for NULL.
  public let columns: [(name: String, value: DatabaseValue?)]

  /// - Throws: when the row names no variant.
  init(_ row: Row) throws {
    id = row["id"]
    variant = row["variant"]
    seed = UInt64(bitPattern: row["seed"])
    let fold: Int = row["fold"]
    self.fold = fold > 0 ? fold - 1 : nil
    name = StudyPlan.name(try Variant(variant), seed: seed, fold: self.fold)
    state = State(rawValue: row["state"]) ?? .running
    reason = row["reason"]
    columns = row.map { name, value in (name, value.isNull ? nil : value) }
  }

  public var key: RunKey { RunKey(variant: variant, seed: seed, fold: fold) }

  /// What tables show of it on the test set: accuracy where each text has one class, else the metric that its
  /// epochs were selected by; nil before it is finished.
  public var headline: (metric: Metric, value: Double)? {
    let figures = self["test_figures"].flatMap { column -> [String: Double]? in
      try? BoundedJSON.decode([String: Double].self, from: Data(column.text.utf8))
    }
    guard let figures, figures[Metric.accuracy.rawValue] == nil || figures[Metric.sampleF1.rawValue] != nil
    else { return self["test_accuracy"]?.real.map { (.accuracy, $0) } }
    let settings = self["settings"].flatMap {
      try? BoundedJSON.decode(RunSettings.self, from: Data($0.text.utf8))
    }
    guard let metric = settings?.training.metric, let value = figures[metric.rawValue] else { return nil }
    return (metric, value)
  }

  public subscript(_ column: String) -> DatabaseValue? { columns.first { $0.name == column }?.value }
}

extension DatabaseValue {
  /// A number of either kind
  public var real: Double? {
    switch storage {
    case .int64(let value): Double(value)
    case .double(let value): value
    case .string, .null, .blob: nil
    }
  }

  /// As a person reads it
  public var text: String {
    switch storage {
    case .int64(let value): String(value)
    case .double(let value): String(value)
    case .string(let value): value
    case .null, .blob: ""
    }
  }

  /// As a person reads it in a table, numbers with a fraction to so many decimals
  public func text(decimals: Int) -> String {
    if case .double(let value) = storage { return String(format: "%.\(decimals)f", value) }
    return text
  }

  /// As JSONSerialization takes it
  public var json: Any {
    switch storage {
    case .int64(let value): value
    case .double(let value): value
    case .string(let value): value
    case .null, .blob: NSNull()
    }
  }
}

extension RunStore {
  /// All runs in the order in which they were begun.
  public func runs() throws -> [StoredRun] {
    try read { try Row.fetchAll($0, sql: "SELECT * FROM run ORDER BY id").map(StoredRun.init) }
  }

  /// The epochs of a run, each with its columns in the order of the table.
  public func epochs(of run: StoredRun) throws -> [[(name: String, value: DatabaseValue?)]] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM epoch WHERE run = ? ORDER BY epoch", arguments: [run.id])
        .map { row in row.map { ($0, $1.isNull ? nil : $1) } }
    }
  }

  /// What a run said of a split's examples (`validation` or `test`), in their order.
  func heldOut(of run: StoredRun, split: String) throws -> HeldOutRows {
    try read { database in
      let rows = try Row.fetchCursor(
        database,
        sql: """
          SELECT target, class, score, constant FROM prediction WHERE run = ? AND split = ? ORDER BY example
          """,
        arguments: [run.id, split])
      var result = HeldOutRows()
      while let row = try rows.next() {
        result.targets.append(row[0])
        result.classes.append(row[1])
        if let score: Double = row[2] { result.scores.append(score) }
        if let constant: Double = row[3] { result.constant.append(constant) }
      }
      return result
    }
  }

  /// Whether a run got each example of a split right, 1 or 0, in their order; in tasks without classes what
  /// each adds to the run's metric.
  public func scores(of run: StoredRun, split: String) throws -> [Double] {
    let rows = try heldOut(of: run, split: split)
    if rows.targets.contains(-1) { return rows.scores }
    return zip(rows.targets, rows.classes).map { $0 == $1 ? 1 : 0 }
  }

  /// Targets and predicted classes of a split's examples, in their order.
  public func predictions(of run: StoredRun, split: String) throws -> (targets: [Int], classes: [Int]) {
    let rows = try heldOut(of: run, split: split)
    return (rows.targets, rows.classes)
  }
}

/// What a run said of held-out examples, as the store has it.
struct HeldOutRows: Equatable {
  /// Index of the true class; -1 in tasks that have no classes
  var targets: [Int] = []
  var classes: [Int] = []
  /// What each example adds to the run's metric; empty where the classes say it
  var scores: [Double] = []
  /// The same of an answer that does not look at the text
  var constant: [Double] = []

  init() {}

  init(targets: [Int], classes: [Int], scores: [Double]?, constant: [Double]?) {
    self.scores = scores ?? []
    self.constant = constant ?? []
    let none = [Int](repeating: -1, count: targets.isEmpty ? self.scores.count : 0)
    self.targets = targets.isEmpty ? none : targets
    self.classes = classes.isEmpty ? none : classes
  }
}
