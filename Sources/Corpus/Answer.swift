import Files
import Foundation

/// What a data file says of a text.
public enum Answer: Sendable, Equatable {
  /// The name of its class
  case label(String)
  /// The names of its labels; there may be none.
  case labels([String])
  /// A number for each quantity
  case values([Double])
}

/// How a file's label fields are read.
public enum AnswerForm: Sendable, Equatable {
  /// A class per text
  case single
  /// Any number of labels per text: a list in JSON; in one column names with the separator between them; in
  /// several columns 0 or 1 under the name of each.
  case several(separator: String)
  /// Numbers, one per column or a list of them
  case numbers

  /// What tells one reading of a file from another
  var key: String {
    switch self {
    case .single: "single"
    case .several(let separator): "several \(separator)"
    case .numbers: "numbers"
    }
  }
}

/// A value of a label field: a name or number as it is written, or a list of them.
enum AnswerField: Equatable {
  case word(String)
  case list([String])
}

extension AnswerForm {
  /// - Parameters:
  ///   - fields: one for each column.
  ///   - columns: their names.
  ///   - place: file and line, for messages.
  /// - Throws: `FathomError` naming the place for an empty label and for what is no number.
  func answer(_ fields: [AnswerField], columns: [String], place: () -> String) throws -> Answer {
    switch self {
    case .single:
      guard fields.count == 1, case .word(let label) = fields[0] else {
        throw FathomError(
          .data, at: place(), "the label is a list",
          mend: "a task with several labels per text is \(.task) multi-label")
      }
      return .label(try AnswerForm.checked(label, place))
    case .several(let separator):
      if fields.count > 1 { return .labels(try present(fields, columns, place)) }
      let names =
        switch fields[0] {
        case .list(let names): names
        case .word(let text): AnswerForm.parts(text, separator)
        }
      var seen: Set<String> = []
      return .labels(try names.map { try AnswerForm.checked($0, place) }.filter { seen.insert($0).inserted })
    case .numbers:
      let words = fields.flatMap { field -> [String] in
        switch field {
        case .word(let word): [word]
        case .list(let words): words
        }
      }
      return .values(try words.map { try AnswerForm.number($0, place) })
    }
  }

  private func present(_ fields: [AnswerField], _ columns: [String], _ place: () -> String) throws -> [String]
  {
    try zip(fields, columns).compactMap { field, column in
      switch field {
      case .word("0"), .word("0.0"), .word("false"), .word("False"): return nil
      case .word("1"), .word("1.0"), .word("true"), .word("True"): return column
      default:
        throw FathomError(
          .data, at: place(), "column '\(column)' is neither 0 nor 1",
          mend: "name one column of lists with \(.labelColumn), or columns of 0 and 1")
      }
    }
  }

  private static func parts(_ text: String, _ separator: String) -> [String] {
    let parts = separator.isEmpty ? [text] : text.components(separatedBy: separator)
    return parts.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private static func number(_ word: String, _ place: () -> String) throws -> Double {
    let trimmed = word.trimmingCharacters(in: .whitespaces)
    // Of what Double reads, hexadecimal and "infinity" are no numbers of a data file.
    guard let value = Double(trimmed), value.isFinite, !trimmed.lowercased().contains("x"),
      Float(value).isFinite
    else {
      throw FathomError(
        .data, at: place(), "'\(word.prefix(40))' is not a number",
        mend: "look at the column of \(.labelColumn)")
    }
    return value
  }

  /// - Throws: `FathomError` for an empty label, or one that holds characters that no name has.
  static func checked(_ label: String, _ place: () -> String) throws -> String {
    guard !label.isEmpty else {
      throw FathomError(.data, at: place(), "the label is empty", mend: "give each text its class")
    }
    guard !label.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }) else {
      throw FathomError(
        .data, at: place(), "the label holds a control character", mend: "check \(.labelColumn)")
    }
    return label
  }
}
