import Classification
import Foundation
import GRDB

/// A row of the store's `run` table.
public struct StoredRun: Sendable {
  public let id: Int64
  public let variant: String
  public let seed: UInt64
  /// As its folder is called
  public let name: String
  public let isFinished: Bool
  /// Column names with their values, in the order of the table; nil for NULL.
  public let columns: [(name: String, value: StoredValue?)]

  /// - Throws: when the row names no variant.
  init(_ row: Row) throws {
    id = row["id"]
    variant = row["variant"]
    seed = UInt64(bitPattern: row["seed"])
    name = StudyPlan.name(try Variant(variant), seed: seed)
    isFinished = row["state"] == "finished"
    columns = row.map { name, value in (name, StoredValue(value)) }
  }

  public subscript(_ column: String) -> StoredValue? { columns.first { $0.name == column }?.value }
}

/// A value of the store: a whole number, a number or a text.
public enum StoredValue: Sendable, Equatable, CustomStringConvertible {
  case integer(Int64)
  case real(Double)
  case text(String)

  init?(_ value: DatabaseValue) {
    switch value.storage {
    case .int64(let value): self = .integer(value)
    case .double(let value): self = .real(value)
    case .string(let value): self = .text(value)
    case .null, .blob: return nil
    }
  }

  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value): String(value)
    case .text(let value): value
    }
  }

  public var real: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .text: nil
    }
  }

  /// As JSONSerialization takes it.
  public var json: Any {
    switch self {
    case .integer(let value): value
    case .real(let value): value
    case .text(let value): value
    }
  }
}

extension RunStore {
  /// All runs in the order in which they were begun.
  public func runs() throws -> [StoredRun] {
    try read { try Row.fetchAll($0, sql: "SELECT * FROM run ORDER BY id").map(StoredRun.init) }
  }

  /// The epochs of a run, each with its columns in the order of the table.
  public func epochs(of run: StoredRun) throws -> [[(name: String, value: StoredValue?)]] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM epoch WHERE run = ? ORDER BY epoch", arguments: [run.id])
        .map { row in row.map { ($0, StoredValue($1)) } }
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
