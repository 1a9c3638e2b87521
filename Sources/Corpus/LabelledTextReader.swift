import Files
import Foundation

/// The labelled texts of a folder or a file, in its order and one at a time: `while let example = try
/// reader.next()`.
public struct LabelledTextReader {
  private var format: any LabelledTextFormat
  private let path: String
  private var isEmpty = true

  init(_ format: any LabelledTextFormat, path: String) {
    self.format = format
    self.path = path
  }

  /// - Returns: nil after the last.
  /// - Throws: `FathomError` naming the file and the line; also for a source without any example.
  public mutating func next() throws -> LabelledText? {
    let example = try format.next()
    if example == nil, isEmpty {
      throw FathomError(.data, at: path, "holds no examples", mend: "check the path and the columns")
    }
    isEmpty = false
    return example
  }

  /// What is left, in memory.
  public consuming func all() throws -> [LabelledText] {
    var examples: [LabelledText] = []
    while let example = try next() { examples.append(example) }
    return examples
  }

  /// What the user should know about what was read so far, a sentence each.
  public var notes: [String] { format.notes }
}

/// One form of labelled data. A new one is a type of its own and a line in ``CorpusReader/read(_:split:)``.
protocol LabelledTextFormat {
  mutating func next() throws -> LabelledText?
  var notes: [String] { get }
}

extension LabelledTextFormat {
  var notes: [String] { [] }

  /// - Throws: `FathomError` for an empty label, or one that holds characters that no name has.
  func checked(_ label: String, _ place: () -> String) throws -> String {
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
