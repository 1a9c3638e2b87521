import Files
import Foundation

/// The texts of a data set: in memory for a few, on disk for those that a file gave, and any choice of their
/// rows.
public struct TextList: RandomAccessCollection, Sendable {
  private enum Store: Sendable {
    case memory([String])
    case file(TextFile)
  }

  private let store: Store
  /// nil for all rows
  private let rows: IntList?

  public init(_ texts: [String]) {
    store = .memory(texts)
    rows = nil
  }

  init(_ file: TextFile) {
    store = .file(file)
    rows = nil
  }

  private init(_ store: Store, _ rows: IntList) {
    self.store = store
    self.rows = rows
  }

  public var startIndex: Int { 0 }

  public var endIndex: Int {
    if let rows { return rows.count }
    switch store {
    case .memory(let texts): return texts.count
    case .file(let file): return file.count
    }
  }

  public subscript(index: Int) -> String {
    do { return try text(index) } catch { fatalError("\(error)") }
  }

  /// - Throws: `FathomError` when the copy on disk is damaged.
  public func text(_ index: Int) throws -> String {
    switch store {
    case .memory(let texts): return texts[row(index)]
    case .file(let file): return try file.text(row(index))
    }
  }

  /// The row of the whole list that stands at a place of this one.
  func row(_ index: Int) -> Int { rows.map { $0[index] } ?? index }

  /// Chosen rows of the whole list.
  func choosing(_ rows: IntList) -> TextList { TextList(store, rows) }

  /// A number that changes with the text of a row.
  public func hash(of index: Int) -> UInt64 {
    switch store {
    case .memory(let texts): return TextList.hash(texts[row(index)])
    case .file(let file): return file.record(row(index)).hash
    }
  }

  /// Line or row of the source that a text came from; 0 where that is not known.
  func number(of index: Int) -> Int {
    switch store {
    case .memory: return 0
    case .file(let file): return Int(file.record(row(index)).number)
    }
  }

  /// SHA-256 of all texts of the list that these rows were chosen from.
  var sourceDigest: [UInt8] {
    switch store {
    case .file(let file): return file.digest
    case .memory(let texts):
      var digest = TextDigest()
      var end: UInt64 = 0
      for var text in texts {
        text.withUTF8 { digest.add(UnsafeRawBufferPointer($0)) }
        end += UInt64(text.utf8.count)
        digest.end(at: end)
      }
      return digest.finish()
    }
  }

  /// - Source: Fowler, Noll and Vo 1991, FNV-1a in 64 bits.
  static func hash(_ text: String) -> UInt64 {
    var text = text, hash: UInt64 = 0xcbf2_9ce4_8422_2325
    text.withUTF8 { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 } }
    return hash
  }
}
