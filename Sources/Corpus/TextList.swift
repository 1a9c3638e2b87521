import Foundation

/// The texts of a data set: in memory for a few, on disk for those that a file gave, and any choice of their rows.
public struct TextList: RandomAccessCollection, Sendable {
  private enum Store: Sendable {
    case memory([String])
    case disk(ByteSpool, hashes: [UInt64])
  }

  private let store: Store
  /// nil for all rows
  private let rows: [Int32]?

  public init(_ texts: [String]) {
    store = .memory(texts)
    rows = nil
  }

  init(_ spool: ByteSpool, hashes: [UInt64]) {
    store = .disk(spool, hashes: hashes)
    rows = nil
  }

  private init(_ store: Store, _ rows: [Int32]) {
    self.store = store
    self.rows = rows
  }

  public var startIndex: Int { 0 }

  public var endIndex: Int {
    if let rows { return rows.count }
    switch store {
    case .memory(let texts): return texts.count
    case .disk(_, let hashes): return hashes.count
    }
  }

  public subscript(index: Int) -> String {
    let row = rows.map { Int($0[index]) } ?? index
    switch store {
    case .memory(let texts): return texts[row]
    case .disk(let spool, _):
      do { return try spool.read(row) { String(decoding: $0, as: UTF8.self) } } catch { fatalError("\(error)") }
    }
  }

  func subset(_ indices: [Int]) -> TextList {
    TextList(store, indices.map { index in rows.map { $0[index] } ?? Int32(index) })
  }

  /// A number that changes with the text of a row.
  public func hash(of index: Int) -> UInt64 {
    let row = rows.map { Int($0[index]) } ?? index
    switch store {
    case .memory(let texts): return TextList.hash(texts[row])
    case .disk(_, let hashes): return hashes[row]
    }
  }

  /// - Source: Fowler, Noll and Vo 1991, FNV-1a in 64 bits.
  static func hash(_ text: String) -> UInt64 {
    var text = text, hash: UInt64 = 0xcbf2_9ce4_8422_2325
    text.withUTF8 { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 } }
    return hash
  }
}
