import Classification
import Foundation
import GRDB

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

  /// Whether a run got each example of a split (`validation` or `test`) right, 1 or 0, in their order.
  public func hits(of run: StoredRun, split: String) throws -> [Double] {
    try read { database in
      try Double.fetchAll(
        database, sql: "SELECT target = class FROM prediction WHERE run = ? AND split = ? ORDER BY example",
        arguments: [run.id, split])
    }
  }

  /// Targets and predicted classes of a split's examples, in their order.
  public func predictions(of run: StoredRun, split: String) throws -> (targets: [Int], classes: [Int]) {
    try read { database in
      let rows = try Row.fetchCursor(
        database,
        sql: "SELECT target, class FROM prediction WHERE run = ? AND split = ? ORDER BY example",
        arguments: [run.id, split])
      var result: (targets: [Int], classes: [Int]) = ([], [])
      while let row = try rows.next() {
        result.targets.append(row[0])
        result.classes.append(row[1])
      }
      return result
    }
  }
}
