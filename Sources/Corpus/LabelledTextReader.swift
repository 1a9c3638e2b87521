import Files
import Foundation
import Tables

/// The labelled texts of a folder or of files, in their order and one at a time: `while let example = try
/// reader.next()`.
public struct LabelledTextReader {
  private var format: any RecordFormat
  private let path: String
  private let columns: [String]
  private let hasSecond: Bool
  private let answers: AnswerForm
  private let badRows: CorpusReader.BadRows
  private var isEmpty = true
  /// What was left out so far
  public private(set) var skipped = SkippedRows()

  /// - Parameters:
  ///   - format: whose records are a text, a second one where there are pairs, and labels.
  ///   - columns: the names that were asked for.
  init(
    _ format: any RecordFormat, path: String, columns: [String] = ["text", "label"],
    hasSecond: Bool = false, answers: AnswerForm = .single, badRows: CorpusReader.BadRows = .fail
  ) {
    self.hasSecond = hasSecond
    self.answers = answers
    self.format = format
    self.path = path
    self.columns = columns
    self.badRows = badRows
  }

  /// - Returns: nil after the last.
  /// - Throws: `FathomError` naming the file and the line; also for a source without any example.
  public mutating func next() throws -> LabelledText? {
    while true {
      do {
        guard let record = try format.next() else {
          if isEmpty { throw noExamples }
          return nil
        }
        let example = try example(record)
        isEmpty = false
        return example
      } catch let bad as BadRow {
        guard badRows == .skip else { throw refusal(bad.fault) }
        skipped.add(bad.fault)
      }
    }
  }

  /// What is left, in memory.
  public consuming func all() throws -> [LabelledText] {
    var examples: [LabelledText] = []
    while let example = try next() { examples.append(example) }
    return examples
  }

  /// What the user should know about what was read so far, a sentence each.
  public var notes: [String] { format.notes }

  private func example(_ record: Record) throws -> LabelledText {
    try BadRow.limiting {
      let (cells, location) = (record.cells, record.location), start = hasSecond ? 2 : 1
      let fields = try cells.indices.dropFirst(start).map { try field(cells[$0], columns[$0], location) }
      return LabelledText(
        text: try text(cells[0], columns[0], location),
        second: hasSecond ? try text(cells[1], columns[1], location) : nil,
        answer: try answers.answer(fields, columns: Array(columns.dropFirst(start))) { location.description },
        location: location)
    }
  }

  private func text(_ cell: Cell, _ column: String, _ location: Location) throws -> String {
    switch cell {
    case .text(let text): return text
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TextSource.notUTF8(location.description)
      }
      return text
    case .null, .word, .list, .object:
      throw FathomError(
        .data, at: location.description, "no text under '\(column)'",
        mend: "choose the column or key with \(.textColumn)")
    }
  }

  private func field(_ cell: Cell, _ column: String, _ location: Location) throws -> AnswerField {
    switch cell {
    case .text, .word, .bytes: return .word(try word(cell, location)!)
    case .list(let cells):
      let words = try cells.map { try word($0, location) }
      if !words.contains(nil) { return .list(words.compactMap { $0 }) }
    case .null where answers != .single:
      throw FathomError(
        .data, at: location.description, "the label under '\(column)' is null or missing",
        mend: "give each text its label")
    case .null, .object: break
    }
    throw FathomError(
      .data, at: location.description, "no label under '\(column)'",
      mend: "choose the column or key with \(.labelColumn)")
  }

  /// A plain value as it is written; nil for another.
  private func word(_ cell: Cell, _ location: Location) throws -> String? {
    switch cell {
    case .text(let word), .word(let word): return word
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TextSource.notUTF8(location.description)
      }
      return text
    case .null, .list, .object: return nil
    }
  }

  private var noExamples: FathomError {
    guard let first = skipped.rows.first else {
      return FathomError(.data, at: path, "holds no examples", mend: "check the path and the columns")
    }
    let reason = Sentence(template: first.reason)
    return FathomError(
      .data, at: path,
      "holds no examples: \(skipped.count) rows were left out (\(first.place): \(reason))",
      mend: "check the path and the columns")
  }

  /// The first bad row in words, with how many there are more: one look at the file is enough.
  private mutating func refusal(_ fault: FathomError) -> FathomError {
    var more = 0
    reading: while true {
      do {
        guard let record = try format.next() else { break }
        _ = try example(record)
      } catch is BadRow { more += 1 } catch { break reading }
    }
    let rows = more == 0 ? "" : " (and \(more) more \(more == 1 ? "row" : "rows") cannot be used)"
    let mend: Sentence =
      fault.mend.map { "\($0), or leave such rows out with \(.badRows)" }
      ?? "leave such rows out with \(.badRows)"
    return FathomError(fault.code, at: fault.place, "\(fault.what)\(rows)", mend: mend)
  }
}
