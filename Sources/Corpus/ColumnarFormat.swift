import Files
import Foundation
import Tables

/// The rows of a Parquet or Arrow file.
struct ColumnarFormat: RecordFormat {
  private var reader: TableReader
  private let path: String
  private let columns: [Int]

  /// - Parameter info: what `datasets` keeps beside the file.
  init(_ file: MappedFile, path: String, form: TableReader.Form, info: Data? = nil, names: [String]) throws {
    let reader = try TableReader(file, path: path, form: form, info: info)
    columns = try names.map { try ColumnNames.index(of: $0, in: reader.columns, path: path) }
    try reader.select(columns)
    self.reader = reader
    self.path = path
  }

  mutating func next() throws -> Record? {
    guard try reader.advance() else { return nil }
    do {
      return Record(cells: try columns.map(reader.cell), location: Location(path, .row, reader.row))
    } catch let fault as FathomError where fault.code == .damaged { throw BadRow(fault: fault) }
  }
}
