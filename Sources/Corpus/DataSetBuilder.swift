import Files
import Foundation

/// Takes examples one by one and writes a data set of them to disk: memory does not grow with their number.
struct DataSetBuilder {
  /// A class as the file spells it.
  struct Label: Codable {
    let name: String
    /// Of its first example
    let place: String
  }

  /// The last section of a data set's file
  struct Index: Codable {
    let labels: [Label]
    let notes: [String]
    let skipped: SkippedRows
    let sources: [RowSource]
  }

  private let known: [String]?
  private let knownSet: Set<String>
  private var numbers: [String: Int] = [:]
  private var labels: [Label] = []
  /// Examples of each label
  private var counts: [Int] = []
  private let writer: SectionWriter
  /// One a row, until all classes are known
  private let records: SectionWriter
  private var size: UInt64 = 0
  private var emptyTexts = 0
  private var rowCount = 0
  private var sources: [RowSource] = []
  /// Of a folder with more files the rest have no place.
  private static let mostSources = 100_000

  /// - Parameters:
  ///   - classes: those of the training data, to say early that a label is not among them; nil takes any.
  ///   - writer: of a file whose sections end before those of ``TextFile``.
  init(classes known: [String]?, to writer: SectionWriter) throws {
    self.known = known
    knownSet = Set(known ?? [])
    self.writer = writer
    records = try SectionWriter()
    try records.startSection()
    try writer.startSection()
  }

  /// - Throws: `FathomError` for a label that the training data does not have, naming its place.
  mutating func add(_ example: LabelledText) throws {
    let number = try number(of: example)
    counts[number] += 1
    var text = example.text
    try text.withUTF8 { try writer.append(UnsafeRawBufferPointer($0)) }
    size += UInt64(text.utf8.count)
    if text.utf8.allSatisfy({ $0 <= 0x20 }) { emptyTexts += 1 }
    let location = example.location
    if sources.last?.path != location.path, sources.count < DataSetBuilder.mostSources {
      sources.append(RowSource(firstRow: rowCount, path: location.path, unit: location.unit))
    }
    rowCount += 1
    try TextFile.Record(
      end: size, hash: TextList.hash(text), target: Int32(number),
      number: Int32(clamping: location.number ?? 0)
    ).write(to: records)
  }

  private mutating func number(of example: LabelledText) throws -> Int {
    if let found = numbers[example.label] {
      // Swift takes é of one and of two code points for the same, other programs that read the model do not.
      guard labels[found].name.utf8.elementsEqual(example.label.utf8) else {
        throw FathomError(
          .data, at: example.place,
          "label '\(example.label)' has other code points than the same word in \(labels[found].place)",
          mend: "normalise the labels (NFC)")
      }
      return found
    }
    let first = Label(name: example.label, place: example.place)
    if let known, !knownSet.contains(example.label) { throw DataSetBuilder.unknown(first, among: known) }
    numbers[example.label] = labels.count
    labels.append(first)
    counts.append(0)
    return labels.count - 1
  }

  static func unknown(_ label: Label, among classes: [String]) -> FathomError {
    FathomError(
      .data, at: label.place,
      "label '\(ListText([label.name]))' does not occur in the training data (\(ListText(classes)))")
  }

  /// A column of texts or of numbers that was taken for the labels shows by its many classes.
  private var classNotes: [String] {
    let single = counts.count { $0 == 1 }
    guard labels.count > 50, single * 2 > labels.count else { return [] }
    return ["\(single) of \(labels.count) classes have one example only: is it the right column of labels?"]
  }

  /// Classes that a slip of the keyboard may have made of one.
  private var nearNotes: [String] {
    let groups = Dictionary(grouping: labels.map(\.name), by: DataSetBuilder.bareName).values
    let names = groups.filter { $0.count > 1 }.map { DataSet.ordered($0) }
      .sorted { $0[0].utf8.lexicographicallyPrecedes($1[0].utf8) }
    return names.prefix(3).map { group in
      let listed = group.prefix(4).map { "'\($0.prefix(60))'" }.joined(separator: ", ")
      return "note: the classes \(listed) differ in case, blanks or Unicode form alone: are they one?"
    }
  }

  /// A name without what the eye may miss in it.
  private static func bareName(_ name: String) -> String {
    let plain = name.precomposedStringWithCompatibilityMapping.lowercased().unicodeScalars
    return String(String.UnicodeScalarView(plain.filter { !$0.properties.isWhitespace && $0 != "\u{200B}" }))
  }

  private var emptyNotes: [String] {
    if emptyTexts == 0 { return [] }
    let all = counts.reduce(0, +)
    return [
      "note: \(emptyTexts) of \(all) texts are empty"
        + (emptyTexts == all ? ": is this the text column?" : "")
    ]
  }

  /// Writes the records and the labels, which number the classes in their order.
  /// - Throws: `FathomError` for a full disk.
  func finish(notes: [String], skipped: SkippedRows) throws {
    let sorted = DataSet.ordered(labels.map(\.name)).map { labels[numbers[$0]!] }
    let places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1.name, Int32($0)) })
    let order = labels.map { places[$0.name]! }
    let rows = TextFile(try records.finish(), texts: 0, records: 0)
    try writer.startSection()
    for row in 0..<rows.count {
      var record = rows.record(row)
      record.target = order[Int(record.target)]
      try record.write(to: writer)
    }
    try writer.appendSection(
      try JSONEncoder().encode(
        Index(
          labels: sorted, notes: notes + emptyNotes + classNotes + nearNotes, skipped: skipped,
          sources: sources)))
  }
}
