import Foundation
import SwiftCSV

/// The records of a CSV or TSV file, one at a time and with their line numbers.
///
/// Records are cut here by the parity of their quotes, so that a fault can name its line; SwiftCSV (RFC 4180), which
/// gives no line numbers, then parses each record that has quotes.
struct DelimitedRecords {
  private let data: Data
  private let path: String
  private let delimiter: Character
  private var position = 0
  private var line = 1

  init(_ url: URL, delimiter: Character) throws {
    guard let data = try? Data(contentsOf: url, options: .mappedIfSafe) else {
      throw CorpusError("\(url.path) cannot be read: check its permissions")
    }
    self.data = data
    self.delimiter = delimiter
    path = url.path
    if data.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// nil at the end; blank lines are skipped.
  mutating func next() throws -> (fields: [String], line: Int)? {
    while position < data.count {
      let start = position, startLine = line
      let (end, quotes) = try recordEnd(startLine)
      var bytes = data[start..<end]
      if bytes.last == 13 { bytes = bytes.dropLast() }
      if bytes.isEmpty { continue }
      guard let text = String(data: bytes, encoding: .utf8) else {
        throw CorpusError("\(path), line \(startLine): not UTF-8: convert the file")
      }
      return (quotes == 0 ? plainFields(text) : try quotedFields(text, startLine), startLine)
    }
    return nil
  }

  /// Moves past the next line break outside quotes.
  private mutating func recordEnd(_ startLine: Int) throws -> (end: Int, quotes: Int) {
    let (end, quotes, lines, next) = data.withUnsafeBytes { bytes in
      var index = position, quotes = 0, lines = 0
      while index < bytes.count {
        let byte = bytes[index]
        if byte == 0x22 { quotes += 1 }
        if byte == 10 {
          lines += 1
          if quotes % 2 == 0 { return (index, quotes, lines, index + 1) }
        }
        index += 1
      }
      return (index, quotes, lines, index)
    }
    guard quotes % 2 == 0 else {
      throw CorpusError("\(path), line \(startLine): a quote is opened and never closed: double quotes inside fields")
    }
    line += lines
    position = next
    return (end, quotes)
  }

  private func plainFields(_ text: String) -> [String] {
    text.utf8.split(separator: delimiter.asciiValue!, omittingEmptySubsequences: false).map { String(Substring($0)) }
  }

  private func quotedFields(_ text: String, _ line: Int) throws -> [String] {
    guard let table = try? CSV<Enumerated>(string: text, delimiter: .character(delimiter), loadColumns: false) else {
      throw CorpusError("\(path), line \(line): quotes stand where RFC 4180 allows none: double the quotes inside fields")
    }
    guard table.rows.isEmpty else {
      throw CorpusError("\(path), line \(line): a Unicode line separator stands outside quotes: quote the text")
    }
    return table.header
  }
}
