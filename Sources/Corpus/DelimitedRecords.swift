import Files
import Foundation

/// The records of a CSV or TSV file, one at a time and with their line numbers.
///
/// With quoting this is the grammar of RFC 4180, strictly; without it a quote is a character like any other.
/// - Source: RFC 4180, section 2.
struct DelimitedRecords {
  /// A field where it lies in the file; a quoted one without its outer quotes.
  private struct Field {
    var range: Range<Int>
    var hasDoubledQuotes = false
  }

  private let source: TextSource
  private let path: String
  private let delimiter: UInt8
  private let isQuoted: Bool
  private var position: Int
  private var nextLine = 1
  private var fields: [Field] = []
  /// The line where the record at hand starts
  private(set) var line = 0

  // What the notes say
  private var recordCount = 0
  private var manyLineCount = 0
  private var longest = (lines: 1, line: 0)

  init(_ source: TextSource, path: String, delimiter: UInt8, isQuoted: Bool) {
    self.source = source
    self.path = path
    self.delimiter = delimiter
    self.isQuoted = isQuoted
    position = source.start
  }

  /// Moves to the next record; blank lines are skipped.
  /// - Returns: whether there is one.
  mutating func advance() throws -> Bool {
    skipBlankLines()
    guard position < source.bytes.count else { return false }
    fields.removeAll(keepingCapacity: true)
    line = nextLine
    while try !readField() {}
    source.file.release(upTo: position)
    recordCount += 1
    let lines = nextLine - line
    if lines > 1 {
      manyLineCount += 1
      if lines > longest.lines { longest = (lines, line) }
    }
    return true
  }

  var fieldCount: Int { fields.count }
  var location: Location { Location(path, .line, line) }
  var place: String { location.description }

  /// - Throws: `FathomError` when its bytes are not UTF-8.
  func field(_ index: Int) throws -> String {
    let field = fields[index]
    let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[field.range])
    if field.hasDoubledQuotes {
      let single = DelimitedRecords.withSingleQuotes(bytes)
      guard let text = String(validating: single, as: UTF8.self) else { throw TextSource.notUTF8(place) }
      return text
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw TextSource.notUTF8(place) }
    return text
  }

  /// What the user should know of records that take several lines.
  var notes: [String] {
    guard manyLineCount > 0 else { return [] }
    let share = "\(manyLineCount) of \(recordCount) records hold line breaks between quotes"
    return ["\(path): \(share); the longest takes \(longest.lines) lines, from line \(longest.line) on"]
  }

  private mutating func skipBlankLines() {
    let bytes = source.bytes
    while position < bytes.count {
      let byte = bytes[position]
      if byte == source.lineBreak {
        nextLine += 1
      } else if byte != 13 || position + 1 < bytes.count && bytes[position + 1] != 10 {
        return
      }
      position += 1
    }
  }

  /// Reads the field at `position` and moves past what ends it.
  /// - Returns: whether it is the last of its record.
  private mutating func readField() throws -> Bool {
    let bytes = source.bytes
    if isQuoted, position < bytes.count, bytes[position] == 0x22 { return try readQuotedField() }
    let lineEnd = bytes.first(source.lineBreak, from: position) ?? bytes.count
    let end = bytes.first(delimiter, from: position, to: lineEnd) ?? lineEnd
    if isQuoted, bytes.first(0x22, from: position, to: end) != nil { throw strayQuote }
    let isLast = end == lineEnd
    let textEnd = isLast && end > position && bytes[end - 1] == 13 ? end - 1 : end
    fields.append(Field(range: position..<textEnd))
    return finishField(at: end, isLast: isLast)
  }

  private mutating func readQuotedField() throws -> Bool {
    let bytes = source.bytes
    let start = position + 1
    var field = Field(range: start..<start)
    var end = start
    while true {
      guard let quote = bytes.first(0x22, from: end) else {
        throw FathomError(
          .damaged, at: place, "a quote is opened and never closed",
          mend: "double quotes inside fields, or choose with \(.quoting)")
      }
      end = quote + 1
      guard end < bytes.count, bytes[end] == 0x22 else { break }
      field.hasDoubledQuotes = true
      end += 1
    }
    field.range = start..<end - 1
    countLines(in: field.range)
    fields.append(field)
    if end < bytes.count, bytes[end] == 13, end + 1 == bytes.count || bytes[end + 1] == 10 { end += 1 }
    if end < bytes.count, bytes[end] != delimiter, bytes[end] != source.lineBreak { throw strayQuote }
    return finishField(at: end, isLast: end == bytes.count || bytes[end] == source.lineBreak)
  }

  private mutating func finishField(at end: Int, isLast: Bool) -> Bool {
    position = min(end + 1, source.bytes.count)
    if isLast { nextLine += 1 }
    // A delimiter at the very end of the file: an empty field follows it.
    if !isLast, position == source.bytes.count {
      fields.append(Field(range: position..<position))
      nextLine += 1
      return true
    }
    return isLast
  }

  private mutating func countLines(in range: Range<Int>) {
    var from = range.lowerBound
    while let found = source.bytes.first(source.lineBreak, from: from, to: range.upperBound) {
      nextLine += 1
      from = found + 1
    }
  }

  private var strayQuote: FathomError {
    FathomError(
      .damaged, at: place, "quotes stand where RFC 4180 allows none",
      mend: "double the quotes inside fields, or choose with \(.quoting)")
  }

  private static func withSingleQuotes(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var single: [UInt8] = []
    single.reserveCapacity(bytes.count)
    var from = 0
    while let quote = bytes.first(0x22, from: from) {
      single += bytes[from...quote]
      from = quote + 2
    }
    single += bytes[min(from, bytes.count)...]
    return single
  }
}
