import Files
import Tables

/// The records of data files with all of their columns, in their order and one at a time.
public struct RecordReader {
  private var format: any RecordFormat
  private let badRows: CorpusReader.BadRows
  /// As the first source names them; numbers from 1 where it has no names.
  public let columns: [String]
  /// Of the record that was read last
  public private(set) var location: Location?
  /// What was left out so far
  public private(set) var skipped = SkippedRows()

  init(_ format: any RecordFormat, badRows: CorpusReader.BadRows) {
    self.format = format
    self.badRows = badRows
    columns = format.columns
  }

  /// - Returns: a value for each of ``columns``; nil after the last record.
  /// - Throws: `FathomError` naming the file and the line.
  public mutating func next() throws -> [Cell]? {
    while true {
      do {
        guard let record = try format.next() else { return nil }
        location = record.location
        return record.cells
      } catch let bad as BadRow {
        guard badRows == .skip else { throw bad.fault }
        skipped.add(bad.fault)
      }
    }
  }

  /// What the user should know about what was read so far, a sentence each.
  public var notes: [String] { format.notes }
}
