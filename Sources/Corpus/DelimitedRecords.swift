import Files
import Foundation
import SwiftCSV

/// The records of a CSV or TSV file, one at a time and with their line numbers.
///
/// Records are cut here by the parity of their quotes, so that a fault can name its line. Fields whose quotes all stand
/// where RFC 4180 wants them are cut here too, since a million rows would take SwiftCSV minutes; it judges the other records.
struct DelimitedRecords {
  private let file: MappedFile
  private let path: String
  private let delimiter: Character
  private var position = 0
  private var line = 1

  init(_ url: URL, delimiter: Character) throws {
    file = try MappedFile(url, mayBeEmpty: true)
    self.delimiter = delimiter
    path = url.path
    if file.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// nil at the end; blank lines are skipped.
  mutating func next() throws -> (fields: [String], line: Int)? {
    while position < file.bytes.count {
      let startLine = line
      let record = try nextRecord(in: file.bytes, startLine)
      file.release(upTo: position)
      if let record { return (record, startLine) }
    }
    return nil
  }

  /// nil for a blank line.
  private mutating func nextRecord(in bytes: UnsafeRawBufferPointer, _ startLine: Int) throws -> [String]? {
    let start = position
    let (end, hasQuotes) = try recordEnd(in: bytes, startLine)
    let size = end > start && bytes[end - 1] == 13 ? end - 1 - start : end - start
    if size == 0 { return nil }
    let record = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
    guard let text = String(validating: record, as: UTF8.self) else {
      throw CorpusError("\(path), line \(startLine): not UTF-8: convert the file")
    }
    return try hasQuotes ? quotedFields(record) ?? parsedFields(text, startLine) : plainFields(record)
  }

  /// Moves past the next line break outside quotes.
  private mutating func recordEnd(in bytes: UnsafeRawBufferPointer, _ startLine: Int) throws -> (
    end: Int, hasQuotes: Bool
  ) {
    var quotes = 0, from = position
    while true {
      let lineEnd = bytes.first(10, from: from) ?? bytes.count
      while let quote = bytes.first(0x22, from: from, to: lineEnd) {
        quotes += 1
        from = quote + 1
      }
      if lineEnd < bytes.count { line += 1 }
      if quotes % 2 == 0 {
        position = min(lineEnd + 1, bytes.count)
        return (lineEnd, quotes > 0)
      }
      guard lineEnd < bytes.count else {
        throw CorpusError(
          "\(path), line \(startLine): a quote is opened and never closed: double quotes inside fields")
      }
      from = lineEnd + 1
    }
  }

  private func plainFields(_ record: UnsafeRawBufferPointer) -> [String] {
    var fields: [String] = [], start = 0
    while true {
      let end = record.first(delimiter.asciiValue!, from: start) ?? record.count
      fields.append(String(decoding: record[start..<end], as: UTF8.self))
      if end == record.count { return fields }
      start = end + 1
    }
  }

  /// nil where a quote stands inside an unquoted field, or something other than a delimiter after a quoted one.
  private func quotedFields(_ record: UnsafeRawBufferPointer) -> [String]? {
    var fields: [String] = [], start = 0
    while true {
      let end: Int
      if start < record.count, record[start] == 0x22 {
        var bytes: [UInt8] = [], from = start + 1, isOpen = true
        while isOpen {
          guard let quote = record.first(0x22, from: from) else { return nil }
          bytes += record[from..<quote]
          from = quote + 1
          isOpen = from < record.count && record[from] == 0x22  // a doubled quote
          if isOpen {
            bytes.append(0x22)
            from += 1
          }
        }
        fields.append(String(decoding: bytes, as: UTF8.self))
        end = from
      } else {
        end = record.first(delimiter.asciiValue!, from: start) ?? record.count
        if record.first(0x22, from: start, to: end) != nil { return nil }
        fields.append(String(decoding: record[start..<end], as: UTF8.self))
      }
      if end == record.count { return fields }
      guard record[end] == delimiter.asciiValue! else { return nil }
      start = end + 1
    }
  }

  private func parsedFields(_ text: String, _ line: Int) throws -> [String] {
    guard let table = try? CSV<Enumerated>(string: text, delimiter: .character(delimiter), loadColumns: false)
    else {
      throw CorpusError(
        "\(path), line \(line): quotes stand where RFC 4180 allows none: double the quotes inside fields")
    }
    guard table.rows.isEmpty else {
      throw CorpusError(
        "\(path), line \(line): a Unicode line separator stands outside quotes: quote the text")
    }
    return table.header
  }
}
