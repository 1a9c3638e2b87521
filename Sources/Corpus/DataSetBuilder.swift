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

  private let known: Set<String>?
  private var numbers: [String: Int] = [:]
  private var labels: [Label] = []
  private let writer: SectionWriter
  /// One a row, until all classes are known
  private let records: SectionWriter
  private var size: UInt64 = 0

  /// - Parameters:
  ///   - classes: those of the training data, to say early that a label is not among them; nil takes any.
  ///   - writer: of a file whose sections end before those of ``TextFile``.
  init(classes known: [String]?, to writer: SectionWriter) throws {
    self.known = known.map(Set.init)
    self.writer = writer
    records = SectionWriter(descriptor: try SectionFile.temporaryDescriptor())
    try records.startSection()
    try writer.startSection()
  }

  /// - Throws: ``CorpusError`` for a label that the training data does not have, naming its place.
  mutating func add(_ text: String, _ label: String, place: @autoclosure () -> String) throws {
    let number: Int
    if let found = numbers[label] {
      number = found
    } else {
      let first = Label(name: label, place: place())
      if known?.contains(label) == false { throw DataSetBuilder.unknown(first, among: known!.sorted()) }
      number = labels.count
      numbers[label] = number
      labels.append(first)
    }
    var text = text
    try text.withUTF8 { try writer.append(UnsafeRawBufferPointer($0)) }
    size += UInt64(text.utf8.count)
    try TextFile.Record(end: size, hash: TextList.hash(text), target: Int32(number)).write(to: records)
  }

  static func unknown(_ label: Label, among classes: [String]) -> CorpusError {
    CorpusError(
      "\(label.place): label '\(label.name)' does not occur in the training data (\(classes.joined(separator: ", ")))"
    )
  }

  /// Writes the records and the labels, which number the classes in their order.
  /// - Throws: ``CorpusError`` for a full disk.
  func finish() throws {
    let sorted = DataSet.ordered(Set(labels.map(\.name))).map { labels[numbers[$0]!] }
    let places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1.name, Int32($0)) })
    let order = labels.map { places[$0.name]! }
    let rows = TextFile(try records.finish(), texts: 0, records: 0)
    try writer.startSection()
    for row in 0..<rows.count {
      var record = rows.record(row)
      record.target = order[Int(record.target)]
      try record.write(to: writer)
    }
    try writer.appendSection(try JSONEncoder().encode(sorted))
  }

  func abandon() { records.abandon() }
}
