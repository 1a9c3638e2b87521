import Files
import Foundation

/// The rows of a CSV or TSV file.
struct TableFormat: LabelledTextFormat {
  private var records: DelimitedRecords
  private let path: String
  private let textIndex: Int
  private let labelIndex: Int
  private let expectedCount: Int?

  init(_ url: URL, delimiter: UInt8, isQuoted: Bool, _ reader: CorpusReader) throws {
    records = try DelimitedRecords(url, delimiter: delimiter, isQuoted: isQuoted)
    path = url.path
    var header: [String]?
    if reader.hasHeader {
      guard try records.advance() else {
        throw FathomError(.data, at: url.path, "is empty", mend: "bring the file again")
      }
      header = try (0..<records.fieldCount).map(records.field)
    }
    expectedCount = header?.count
    textIndex = try TableFormat.column(reader.textColumn, header, url)
    labelIndex = try TableFormat.column(reader.labelColumn, header, url)
  }

  mutating func next() throws -> LabelledText? {
    guard try records.advance() else { return nil }
    let found = records.fieldCount
    guard found > max(textIndex, labelIndex), found == expectedCount ?? found else {
      let expected = expectedCount ?? max(textIndex, labelIndex) + 1
      throw FathomError(
        .damaged, at: records.place, "\(found) fields where \(expected) are expected",
        mend: "quote texts that hold the delimiter")
    }
    let label = TableFormat.trimmed(try records.field(labelIndex))
    return LabelledText(
      text: try records.field(textIndex), label: try checked(label) { records.place }, path: path,
      line: records.line)
  }

  var notes: [String] { records.notes }

  private static func column(_ name: String, _ header: [String]?, _ url: URL) throws -> Int {
    if let header {
      let indices = header.indices.filter { header[$0] == name }
      guard indices.count <= 1 else {
        throw FathomError(
          .data, at: url.path, "has \(indices.count) columns '\(name)'",
          mend: "choose by number with \(.textColumn) and \(.labelColumn)")
      }
      if let index = indices.first { return index }
    }
    if let number = Int(name), number >= 1, number <= header?.count ?? 1000 { return number - 1 }
    guard let header else {
      throw FathomError(
        .setting, at: url.path, "without a header, columns are numbers from 1",
        mend: "give \(.textColumn) and \(.labelColumn) as numbers")
    }
    throw FathomError(
      .setting, at: url.path, "has no column '\(name)' (it has \(ListText(header)))",
      mend: "choose with \(.textColumn) and \(.labelColumn)")
  }

  /// Most labels are plain words, which need no trimming by Unicode's rules.
  private static func trimmed(_ label: String) -> String {
    func isPlain(_ byte: UInt8?) -> Bool { byte.map { (0x21..<0x7F).contains($0) } == true }
    let isPlain = isPlain(label.utf8.first) && isPlain(label.utf8.last)
    return isPlain ? label : label.trimmingCharacters(in: .whitespaces)
  }
}
