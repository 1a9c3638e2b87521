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

  /// The section of a data set's file that says what its records' numbers mean
  struct Index: Codable {
    /// What a record's number stands for
    enum Kind: String, Codable { case classes, sets, values }

    let kind: Kind
    let labels: [Label]
    /// Of several labels per text: the sets that occur, as rising numbers of labels
    var sets: [[Int]]?
    /// Of numbers: the vectors that occur
    var values: [[Double]]?
    let hasSeconds: Bool
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
  private var kind: Index.Kind?
  private var sets: [[Int]: Int] = [:]
  private var values: [[Double]: Int] = [:]
  /// Second texts with a record each, until the first ones end; nil without them
  private var seconds: (texts: SectionWriter, records: SectionWriter, size: UInt64)?
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

  /// - Throws: `FathomError` for a label that the training data does not have, and for an answer or a pair of
  ///   another kind than those before, naming its place.
  mutating func add(_ example: LabelledText) throws {
    let target = try target(of: example)
    try addSecond(example)
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
      end: size, hash: TextList.hash(text), target: Int32(target),
      number: Int32(clamping: location.number ?? 0)
    ).write(to: records)
  }

  private mutating func addSecond(_ example: LabelledText) throws {
    if rowCount == 0, example.second != nil {
      seconds = (try SectionWriter(), try SectionWriter(), 0)
      try seconds?.texts.startSection()
      try seconds?.records.startSection()
    }
    guard (example.second != nil) == (seconds != nil) else {
      throw FathomError(.data, at: example.place, "has no second text", mend: "check \(.secondColumn)")
    }
    guard var second = example.second else { return }
    try second.withUTF8 { try seconds!.texts.append(UnsafeRawBufferPointer($0)) }
    seconds!.size += UInt64(second.utf8.count)
    try TextFile.Record(end: seconds!.size, hash: TextList.hash(second), target: 0)
      .write(to: seconds!.records)
  }

  private mutating func target(of example: LabelledText) throws -> Int {
    switch example.answer {
    case .label(let name):
      try take(.classes, example)
      let number = try number(of: name, example)
      counts[number] += 1
      return number
    case .labels(let names):
      try take(.sets, example)
      let numbers = try names.map { try number(of: $0, example) }.sorted()
      for number in numbers { counts[number] += 1 }
      return DataSetBuilder.number(of: numbers, in: &sets)
    case .values(let numbers):
      try take(.values, example)
      if let width = values.first?.key.count, width != numbers.count {
        throw FathomError(
          .data, at: example.place, "\(numbers.count) numbers where \(width) are expected",
          mend: "give each text as many")
      }
      guard !numbers.isEmpty else {
        throw FathomError(.data, at: example.place, "has no number", mend: "check \(.labelColumn)")
      }
      return DataSetBuilder.number(of: numbers, in: &values)
    }
  }

  private mutating func take(_ found: Index.Kind, _ example: LabelledText) throws {
    guard kind ?? found == found else {
      throw FathomError(.data, at: example.place, "has another kind of answer than those before")
    }
    kind = found
  }

  private static func number<Key: Hashable>(of key: Key, in numbers: inout [Key: Int]) -> Int {
    if let number = numbers[key] { return number }
    numbers[key] = numbers.count
    return numbers.count - 1
  }

  private mutating func number(of label: String, _ example: LabelledText) throws -> Int {
    if let found = numbers[label] {
      // Swift takes é of one and of two code points for the same, other programs that read the model do not.
      guard labels[found].name.utf8.elementsEqual(label.utf8) else {
        throw FathomError(
          .data, at: example.place,
          "label '\(label)' has other code points than the same word in \(labels[found].place)",
          mend: "normalise the labels (NFC)")
      }
      return found
    }
    let first = Label(name: label, place: example.place)
    if let known, !knownSet.contains(label) { throw DataSetBuilder.unknown(first, among: known) }
    numbers[label] = labels.count
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
    guard kind == .classes else { return [] }
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
    return [
      "note: \(emptyTexts) of \(rowCount) texts are empty"
        + (emptyTexts == rowCount ? ": is this the text column?" : "")
    ]
  }

  /// Writes the records, what their numbers mean, and the second texts.
  /// - Throws: `FathomError` for a full disk.
  func finish(notes: [String], skipped: SkippedRows) throws {
    let sorted = DataSet.ordered(labels.map(\.name)).map { labels[numbers[$0]!] }
    let places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1.name, Int32($0)) })
    let order = labels.map { places[$0.name]! }
    let rows = TextFile(try records.finish(), texts: 0, records: 0)
    let kind = kind ?? .classes
    try writer.startSection()
    for row in 0..<rows.count {
      var record = rows.record(row)
      if kind == .classes { record.target = order[Int(record.target)] }
      try record.write(to: writer)
    }
    var index = Index(
      kind: kind, labels: sorted, hasSeconds: seconds != nil,
      notes: notes + emptyNotes + classNotes + nearNotes,
      skipped: skipped, sources: sources)
    if kind == .sets {
      index.sets = DataSetBuilder.inOrder(sets).map { set in set.map { Int(order[$0]) }.sorted() }
    }
    if kind == .values { index.values = DataSetBuilder.inOrder(values) }
    try writer.appendSection(try JSONEncoder().encode(index))
    guard let seconds else { return }
    for part in [seconds.texts, seconds.records] {
      let file = try part.finish()
      try writer.startSection()
      try writer.append(file.section(0))
    }
  }

  private static func inOrder<Key>(_ numbers: [Key: Int]) -> [Key] {
    numbers.sorted { $0.value < $1.value }.map(\.key)
  }
}
