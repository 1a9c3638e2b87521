import Files
import Foundation

/// Which column a user means: by its name, by the same name in other case and with other blanks, or by its
/// number from 1.
enum ColumnNames {
  /// - Returns: nil for none; more than one where the name does not tell them apart.
  static func matches(_ name: String, in columns: [String]) -> [Int] {
    let exact = columns.indices.filter { columns[$0].utf8.elementsEqual(name.utf8) }
    if !exact.isEmpty { return exact }
    let loose = loosened(name)
    return columns.indices.filter { loosened(columns[$0]) == loose }
  }

  /// - Throws: `FathomError` for a name that no column has, or several.
  static func index(of name: String, in columns: [String], path: String) throws -> Int {
    let found = matches(name, in: columns)
    guard found.count <= 1 else {
      throw FathomError(
        .data, at: path, "has \(found.count) columns '\(name)'",
        mend: "choose by number with \(.textColumn) and \(.labelColumn)")
    }
    if let index = found.first { return index }
    if let number = number(name), number <= columns.count { return number - 1 }
    throw FathomError(
      .setting, at: path, "has no column '\(name)' (it has \(ListText(columns)))",
      mend: "choose with \(.textColumn) and \(.labelColumn)")
  }

  static func number(_ name: String) -> Int? {
    guard let number = Int(name), (1...100_000).contains(number) else { return nil }
    return number
  }

  private static func loosened(_ name: String) -> String {
    String(String.UnicodeScalarView(name.lowercased().unicodeScalars.filter { !$0.properties.isWhitespace }))
  }
}
