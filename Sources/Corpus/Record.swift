import Files
import Tables

/// Where a record stands, for messages.
public struct Location: Sendable, Equatable, CustomStringConvertible {
  enum Unit: String, Codable { case line, row }

  let path: String
  /// From 1; nil where the record is a file of its own.
  let number: Int?
  let unit: Unit

  init(_ path: String, _ unit: Unit = .line, _ number: Int? = nil) {
    (self.path, self.unit, self.number) = (path, unit, number)
  }

  public var description: String { number.map { "\(path), \(unit.rawValue) \($0)" } ?? path }
}

/// Rows of a data set from one on that came from one source.
struct RowSource: Codable, Equatable {
  let firstRow: Int
  let path: String
  let unit: Location.Unit
}

/// The values of the columns that were asked for, in the order they were asked for.
struct Record {
  let cells: [Cell]
  let location: Location
}

/// Which columns a reader is to give.
struct Selection {
  /// In this order; nil for all that there are
  let names: [String]?
  /// What must be there, by which a table's delimiter and header are recognised
  let known: [String]
  /// How many names at the end are of labels, whose outer blanks are dropped in tables
  let labelCount: Int
}

/// One form of data. A new one is a type of its own and a line in `CorpusReader.format`.
protocol RecordFormat {
  /// As the source names them; numbers from 1 where it has no names.
  var columns: [String] { get }
  /// - Returns: nil after the last.
  /// - Throws: ``BadRow`` for a record that can be left out; `FathomError` where reading cannot go on.
  mutating func next() throws -> Record?
  /// What the user should know about what was read so far, a sentence each.
  var notes: [String] { get }
}

extension RecordFormat {
  var notes: [String] { [] }
}

/// A record that cannot be used, while those after it can.
struct BadRow: Error {
  let fault: FathomError

  /// Errors of `body` are this row's alone.
  static func limiting<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let fault as FathomError { throw BadRow(fault: fault) }
  }
}

/// The records of several sources, one source after the other.
struct ChainFormat: RecordFormat {
  let columns: [String]
  private var sources: ArraySlice<(Selection) throws -> any RecordFormat>
  private var current: (any RecordFormat)?
  private var earlierNotes: [String] = []
  private let selection: Selection

  /// The first source says which columns there are, where all are asked for.
  /// - Precondition: there is a source.
  init(_ sources: [(Selection) throws -> any RecordFormat], _ selection: Selection) throws {
    let first = try sources[0](selection)
    self.sources = sources.dropFirst()
    current = first
    columns = first.columns
    self.selection = Selection(
      names: selection.names ?? first.columns, known: selection.known, labelCount: selection.labelCount)
  }

  mutating func next() throws -> Record? {
    while true {
      if let record = try current?.next() { return record }
      earlierNotes += current?.notes ?? []
      guard let open = sources.popFirst() else {
        current = nil
        return nil
      }
      current = try open(selection)
    }
  }

  var notes: [String] { earlierNotes + (current?.notes ?? []) }
}
