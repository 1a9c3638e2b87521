import CArrow
import Files
import Foundation

/// The records of a Parquet or Arrow file, one at a time: memory holds one batch of the columns that were
/// asked for. The file is mapped; of an Arrow file that is not compressed nothing is copied.
public struct TableReader {
  public enum Form: Sendable, Equatable {
    case parquet
    /// Also called Feather
    case arrowFile
    case arrowStream

    var code: Int32 {
      switch self {
      case .parquet: Int32(CA_PARQUET)
      case .arrowFile: Int32(CA_ARROW_FILE)
      case .arrowStream: Int32(CA_ARROW_STREAM)
      }
    }

    /// By the first bytes of a file; nil for something else. A stream has no signature: it starts with the
    /// mark of a message and the message's size.
    public init?(startOf bytes: UnsafeRawBufferPointer) {
      let head = [UInt8](bytes.prefix(8))
      if head.starts(with: "PAR1".utf8) {
        self = .parquet
      } else if head.starts(with: "ARROW1".utf8) {
        self = .arrowFile
      } else if head.count == 8, head.starts(with: [0xFF, 0xFF, 0xFF, 0xFF]), head[7] == 0, head[4] & 7 == 0 {
        self = .arrowStream
      } else {
        return nil
      }
    }

    var name: String { self == .parquet ? "Parquet" : "Arrow" }
  }

  /// Whether this program was built with Apache Arrow.
  public static var isAvailable: Bool { ca_is_available() }

  /// Names of the top-level columns, in the order of the file.
  public let columns: [String]
  private let batches: ArrowBatches
  private var names: ClassNames
  /// Of the row at hand, from 1
  public private(set) var row = 0

  /// - Parameters:
  ///   - path: as messages name it.
  ///   - info: `dataset_info.json` beside the file, whose names of classes go before the file's own.
  /// - Throws: `FathomError` for a file that is damaged.
  public init(_ file: MappedFile, path: String, form: Form, info: Data? = nil) throws {
    if file.bytes.starts(with: "FEA1".utf8) {
      throw FathomError(
        .unsupported, at: path, "is Feather of version 1",
        mend: "write it again with a newer pyarrow or pandas")
    }
    batches = try ArrowBatches(file, path: path, form: form)
    (columns, names) = try batches.describe()
    if let info, case let own = ClassNames(info: info), !own.byColumn.isEmpty { names = own }
  }

  /// Before the first row: only these columns are read.
  public func select(_ columns: [Int]) throws { try batches.select(columns) }

  /// Moves to the next row.
  /// - Returns: whether there is one.
  public mutating func advance() throws -> Bool {
    guard try batches.advance() else { return false }
    row += 1
    return true
  }

  /// A value of the row at hand, class numbers as their names where the file has them.
  /// - Parameter column: one of those that were selected.
  /// - Throws: `FathomError` for a type that Fathom does not read, or a number that is no class.
  public func cell(_ column: Int) throws -> Cell {
    let name = columns[column]
    do {
      let cell = try batches.cell(column)
      return try names.byColumn[name].map { try ClassNames.named(cell, $0) } ?? cell
    } catch let error as ArrowColumn.Unsupported {
      throw FathomError(
        .unsupported, at: batches.path,
        "column '\(name)' has a type that Fathom does not read (\(error.format))",
        mend: "write it as text or numbers")
    } catch let error as ClassNames.NoSuchClass {
      throw FathomError(
        .damaged, at: place, "\(error.word) is no number of a class of '\(name)'",
        mend: "write the file again with the names of its classes")
    }
  }

  /// Columns of types that have no ``Cell``.
  public var unreadableColumns: [Int] { columns.indices.filter { !batches.isReadable($0) } }

  /// Names of the classes that a column's numbers stand for, where the file has them.
  public func classes(of column: Int) -> [String]? { names.byColumn[columns[column]] }

  public var place: String { "\(batches.path), row \(row)" }
}

/// The batches of a file, behind Arrow's C data interface.
private final class ArrowBatches {
  let path: String
  private let file: MappedFile
  private let form: TableReader.Form
  private let reader: OpaquePointer
  private var types: [ArrowType] = []
  /// Where each selected column stands in a batch
  private var places: [Int: Int] = [:]
  private var batch: ArrowArray?
  private var row = -1
  private var rowsSinceRelease = 0

  /// Memory that a file may take at a time, besides its own pages: a few kilobytes can claim to be terabytes.
  private static func allowance(_ file: MappedFile) -> Int64 { 1 << 30 + 8 * Int64(file.count) }

  init(_ file: MappedFile, path: String, form: TableReader.Form) throws {
    (self.file, self.path, self.form) = (file, path, form)
    guard
      let reader = ca_open(
        file.bytes.baseAddress, Int64(file.count), form.code, ArrowBatches.allowance(file))
    else { throw ArrowFault.last(path, form.name) }
    self.reader = reader
  }

  deinit {
    releaseBatch()
    ca_close(reader)
  }

  func describe() throws -> (columns: [String], names: ClassNames) {
    var schema = ArrowSchema()
    guard ca_schema(reader, &schema) == 0 else { throw fault }
    defer { schema.release?(&schema) }
    var columns: [String] = []
    for index in 0..<Int(schema.n_children) {
      let child = schema.children[index]!
      columns.append(child.pointee.name.map { String(cString: $0) } ?? "")
      types.append(ArrowType(child))
    }
    places = Dictionary(uniqueKeysWithValues: columns.indices.map { ($0, $0) })
    return (columns, ClassNames(&schema))
  }

  func select(_ columns: [Int]) throws {
    let sorted = Set(columns).sorted()
    guard ca_select(reader, sorted.map(Int32.init), Int32(sorted.count)) == 0 else { throw fault }
    places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
  }

  func isReadable(_ column: Int) -> Bool { types[column].isReadable }

  func advance() throws -> Bool {
    row += 1
    rowsSinceRelease += 1
    if rowsSinceRelease >= 16_384 {
      rowsSinceRelease = 0
      file.releaseAll()
    }
    while row >= batch.map({ Int($0.length) }) ?? 0 {
      releaseBatch()
      var next = ArrowArray()
      switch ca_next(reader, &next) {
      case 0: return false
      case 1: (batch, row) = (next, 0)
      default: throw fault
      }
    }
    return true
  }

  func cell(_ column: Int) throws -> Cell {
    guard let batch, let place = places[column], place < batch.n_children else { return .null }
    return try ArrowColumn(batch.children[place]!, types[column]).cell(row + Int(batch.offset))
  }

  private func releaseBatch() {
    if var old = batch { old.release?(&old) }
    batch = nil
  }

  private var fault: FathomError { ArrowFault.last(path, form.name) }
}

enum ArrowFault {
  /// What the shim said last, as one sentence.
  /// - Parameter form: what the file was taken for.
  static func last(_ path: String, _ form: String) -> FathomError {
    let text =
      String(cString: ca_last_error()).split(separator: "\n").first.map(String.init) ?? "no reason given"
    let reason = text.hasSuffix(".") ? String(text.dropLast()) : text
    switch ca_last_error_kind() {
    case Int32(CA_ERROR_ABSENT):
      return FathomError(
        .unsupported, at: path, "cannot be read (\(form)), for this Fathom was built without Apache Arrow",
        mend: "run Scripts/arrow and build again, or convert the file to CSV or JSON Lines")
    case Int32(CA_ERROR_MEMORY):
      return FathomError(
        .unsupported, at: path, "a part of it takes more memory than its size allows (\(reason))",
        mend: "write it again in smaller row groups or batches")
    case Int32(CA_ERROR_DISK):
      return FathomError(
        .diskFull, at: path, "could not be written, the disk is full", mend: "free some space and run again")
    default:
      return FathomError(
        .damaged, at: path, "is no sound \(form) file (\(reason.prefix(300)))", mend: "bring the file again")
    }
  }
}
