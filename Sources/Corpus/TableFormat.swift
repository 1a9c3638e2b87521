import Files
import Foundation
import Tables

/// The rows of a CSV or TSV file.
struct TableFormat: RecordFormat {
  private var records: DelimitedRecords
  private let dialect: TableDialect
  private let indices: [Int]
  private let expectedCount: Int?
  private let labelCount: Int
  let columns: [String]

  /// - Parameters:
  ///   - usual: the delimiter that the file's ending stands for.
  init(
    _ source: TextSource, path: String, usual: UInt8, isQuoted: Bool, _ selection: Selection,
    _ reader: CorpusReader
  ) throws {
    let probe = TableProbe(source: source, path: path, isQuoted: isQuoted, names: selection.known)
    dialect = try probe.dialect(usual: usual, delimiter: reader.delimiter, hasHeader: reader.hasHeader)
    records = probe.records(dialect.delimiter)
    labelCount = selection.labelCount
    guard dialect.hasHeader else {
      expectedCount = nil
      columns = selection.names ?? probe.numbers(dialect.delimiter)
      indices = try columns.map { name in
        guard let number = ColumnNames.number(name) else {
          throw FathomError(
            .setting, at: path, "without a header, columns are numbers from 1",
            mend: "give \(.textColumn) and \(.labelColumn) as numbers")
        }
        return number - 1
      }
      return
    }
    guard try records.advance() else {
      throw FathomError(.data, at: path, "is empty", mend: "bring the file again")
    }
    let header = try records.texts()
    expectedCount = header.count
    indices =
      try selection.names?.map { try ColumnNames.index(of: $0, in: header, path: path) }
      ?? Array(header.indices)
    columns = indices.map { header[$0] }
  }

  mutating func next() throws -> Record? {
    guard try records.advance() else { return nil }
    return try BadRow.limiting { try record() }
  }

  private func record() throws -> Record {
    let found = records.fieldCount, needed = (indices.max() ?? 0) + 1
    guard found >= needed, found == expectedCount ?? found else {
      throw FathomError(
        .damaged, at: records.place, "\(found) fields where \(expectedCount ?? needed) are expected",
        mend: "quote texts that hold the delimiter, or choose it with \(.delimiter)")
    }
    let labels = indices.count - labelCount
    let cells = try indices.enumerated().map { index, column in
      let field = try records.field(column)
      return Cell.text(index >= labels ? TableFormat.trimmed(field) : field)
    }
    return Record(cells: cells, location: records.location)
  }

  var notes: [String] { dialect.notes + records.notes }

  /// Most labels are plain words, which need no trimming by Unicode's rules.
  static func trimmed(_ label: String) -> String {
    func isPlain(_ byte: UInt8?) -> Bool { byte.map { (0x21..<0x7F).contains($0) } == true }
    let isPlain = isPlain(label.utf8.first) && isPlain(label.utf8.last)
    return isPlain ? label : label.trimmingCharacters(in: .whitespaces)
  }
}

/// How a table is laid out.
struct TableDialect {
  let delimiter: UInt8
  let hasHeader: Bool
  /// What was recognised instead of what is usual
  let notes: [String]
}

/// Looks at the first records of a table.
struct TableProbe {
  let source: TextSource
  let path: String
  let isQuoted: Bool
  let names: [String]

  private static let delimiters: [(byte: UInt8, name: String)] = [
    (0x2C, "a comma"), (0x3B, "';'"), (0x09, "a tab"), (0x7C, "'|'"),
  ]

  func records(_ delimiter: UInt8) -> DelimitedRecords {
    DelimitedRecords(source, path: path, delimiter: delimiter, isQuoted: isQuoted)
  }

  /// What the columns of a table without a header are called.
  func numbers(_ delimiter: UInt8) -> [String] {
    (0..<(first(1, delimiter).first?.count ?? 0)).map { "\($0 + 1)" }
  }

  /// - Parameters: what the user says; nil for what is recognised.
  func dialect(usual: UInt8, delimiter: UInt8?, hasHeader: Bool?) throws -> TableDialect {
    var notes: [String] = []
    let found = delimiter ?? recognised(usual, hasHeader: hasHeader)
    if delimiter == nil, found != usual {
      let name = TableProbe.delimiters.first { $0.byte == found }?.name ?? ""
      notes.append("note: \(path): fields end at \(name) (say otherwise with --delimiter)")
    }
    guard hasHeader == nil, names.allSatisfy({ ColumnNames.number($0) != nil }), startsWithData(found) else {
      return TableDialect(delimiter: found, hasHeader: hasHeader ?? true, notes: notes)
    }
    notes.append("note: \(path): the first row is an example, no header (say otherwise with --header)")
    return TableDialect(delimiter: found, hasHeader: false, notes: notes)
  }

  /// The usual delimiter, unless the columns that are asked for are there with another one alone.
  private func recognised(_ usual: UInt8, hasHeader: Bool?) -> UInt8 {
    let all = [usual] + TableProbe.delimiters.map(\.byte).filter { $0 != usual }
    return all.first { fits($0, hasHeader: hasHeader) } ?? usual
  }

  private func fits(_ delimiter: UInt8, hasHeader: Bool?) -> Bool {
    let rows = first(20, delimiter)
    guard let header = rows.first else { return false }
    func isThere(_ name: String) -> Bool {
      if hasHeader != false, !ColumnNames.matches(name, in: header).isEmpty { return true }
      guard let number = ColumnNames.number(name) else { return false }
      return rows.allSatisfy { $0.count == header.count && $0.count >= number && $0.count > 1 }
    }
    return names.allSatisfy(isThere)
  }

  /// Whether the first row's label is one of the labels that follow it.
  private func startsWithData(_ delimiter: UInt8) -> Bool {
    guard let column = names.last.flatMap(ColumnNames.number) else { return false }
    let labels = first(500, delimiter).map { $0.count >= column ? TableFormat.trimmed($0[column - 1]) : "" }
    guard let first = labels.first, !first.isEmpty else { return false }
    return labels.dropFirst().contains(first)
  }

  /// Records until one that cannot be read: what is wrong with that is said when it is its turn.
  private func first(_ count: Int, _ delimiter: UInt8) -> [[String]] {
    var records = records(delimiter)
    var rows: [[String]] = []
    while rows.count < count, (try? records.advance()) == true, let fields = try? records.texts() {
      rows.append(fields)
    }
    return rows
  }
}

extension DelimitedRecords {
  /// All fields of the record at hand.
  func texts() throws -> [String] { try (0..<fieldCount).map(field) }
}
