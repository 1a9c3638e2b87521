import Files
import Foundation
import Tables

/// The rows of a Parquet or Arrow file.
struct ColumnarFormat: RecordFormat {
  private var reader: TableReader
  private let path: String
  private let indices: [Int]
  let columns: [String]
  let notes: [String]

  /// - Parameter info: what `datasets` keeps beside the file.
  init(
    _ file: MappedFile, path: String, form: TableReader.Form, info: Data? = nil, _ selection: Selection
  ) throws {
    let reader = try TableReader(file, path: path, form: form, info: info)
    let unreadable = selection.names == nil ? reader.unreadableColumns : []
    indices =
      try selection.names?.map { try ColumnNames.index(of: $0, in: reader.columns, path: path) }
      ?? reader.columns.indices.filter { !unreadable.contains($0) }
    columns = indices.map { reader.columns[$0] }
    let left = ListText(unreadable.map { reader.columns[$0] })
    notes = unreadable.isEmpty ? [] : ["note: \(path): columns of types that Fathom does not read: \(left)"]
    try reader.select(indices)
    self.reader = reader
    self.path = path
  }

  mutating func next() throws -> Record? {
    guard try reader.advance() else { return nil }
    do {
      return Record(cells: try indices.map(reader.cell), location: Location(path, .row, reader.row))
    } catch let fault as FathomError where fault.code == .damaged { throw BadRow(fault: fault) }
  }
}
