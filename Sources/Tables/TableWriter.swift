import CArrow
import Files
import Foundation

/// Writes a Parquet or Arrow file, a row group or batch at a time; the file appears whole or not at all.
public struct TableWriter {
  public enum ColumnType: Sendable, Equatable {
    case text, number, integer, truth, textList, numberList
  }

  public struct Column: Sendable, Equatable {
    public let name: String
    public let type: ColumnType

    public init(_ name: String, _ type: ColumnType) { (self.name, self.type) = (name, type) }
  }

  /// The values of a column in a row group; nil is null.
  public enum Values {
    case text([String?])
    case number([Double?])
    case integer([Int64?])
    case truth([Bool?])
    case textList([[String]?])
    case numberList([[Double]?])
  }

  public enum Compression: Sendable {
    case none, snappy, zstd, lz4

    var code: Int32 {
      switch self {
      case .none: Int32(CA_PLAIN)
      case .snappy: Int32(CA_SNAPPY)
      case .zstd: Int32(CA_ZSTD)
      case .lz4: Int32(CA_LZ4)
      }
    }
  }

  private let writer: OpaquePointer
  private let columns: [Column]
  private let url: URL
  private let form: TableReader.Form

  /// Calls `body` with the writer, then puts the file in its place.
  /// - Parameters:
  ///   - compression: Snappy is read by everything that reads Parquet; Arrow's own forms have zstd and LZ4.
  ///   - metadata: kept with the columns, as `datasets` keeps its features under `huggingface`.
  /// - Throws: `FathomError` naming the file; what `body` throws.
  public static func write(
    _ url: URL, columns: [Column], form: TableReader.Form = .parquet, compression: Compression = .snappy,
    metadata: [String: String] = [:], _ body: (TableWriter) throws -> Void
  ) throws {
    try AtomicFile.write(url) { handle in
      var schema = ArrowExport.schema(columns, metadata)
      guard
        let pointer = ca_create(handle.fileDescriptor, form.code, &schema, compression.code)
      else { throw ArrowFault.last(url.path, form.name) }
      defer { ca_abandon(pointer) }
      let writer = TableWriter(writer: pointer, columns: columns, url: url, form: form)
      try body(writer)
      guard ca_finish(pointer) == 0 else { throw ArrowFault.last(url.path, form.name) }
    }
  }

  /// - Precondition: a list of values for each column, of its type and all of one length.
  public func append(_ values: [Values]) throws {
    precondition(values.count == columns.count, "\(values.count) columns where there are \(columns.count)")
    var batch = ArrowExport.batch(values, columns)
    guard ca_write(writer, &batch) == 0 else { throw ArrowFault.last(url.path, form.name) }
  }
}
