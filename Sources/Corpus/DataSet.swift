import Crypto
import Files
import Foundation

/// Texts with class indices.
public struct DataSet: Sendable {
  public let texts: TextList
  public let targets: IntList
  /// Class names in the order of their indices.
  public let classes: [String]
  /// What the user should know about the source, a sentence each.
  public let notes: [String]
  /// Rows of the source that could not be used and were left out
  public let skipped: SkippedRows
  private let sources: [RowSource]
  /// nil where nothing derived from this set is kept
  private let origin: DataOrigin?

  public init(texts: [String], targets: [Int], classes: [String]) {
    self.init(texts: TextList(texts), targets: IntList(targets), classes: classes)
  }

  private init(
    texts: TextList, targets: IntList, classes: [String], origin: DataOrigin? = nil, notes: [String] = [],
    skipped: SkippedRows = SkippedRows(), sources: [RowSource] = []
  ) {
    precondition(texts.count == targets.count, "\(texts.count) texts and \(targets.count) targets")
    self.texts = texts
    self.targets = targets
    self.classes = classes
    self.origin = origin
    self.notes = notes
    self.skipped = skipped
    self.sources = sources
  }

  /// - Parameter classes: those of the training data; nil makes them from these examples.
  /// - Throws: `FathomError` for a label that `classes` does not have, naming its line, or for a single
  ///   class.
  public init(_ examples: [LabelledText], classes known: [String]? = nil) throws {
    try self.init(classes: known) { LabelledTextReader(MemoryFormat(rest: examples[...]), path: "the data") }
  }

  /// Examples that come one by one and go to disk; those of an earlier call where `origin` knows them.
  /// - Parameter fewestClasses: what is refused without `known`.
  init(
    classes known: [String]?, origin: DataOrigin? = nil, fewestClasses: Int = 2,
    _ open: () throws -> LabelledTextReader
  ) throws {
    func make(_ writer: SectionWriter) throws {
      var reader = try open()
      var builder = try DataSetBuilder(classes: known, to: writer)
      while let example = try reader.next() { try builder.add(example) }
      try builder.finish(notes: reader.notes, skipped: reader.skipped)
    }
    let file =
      try origin?.file(make)
      ?? SectionFile.temporary { writer in
        try writer.startSection()  // where a cached file has its key
        try make(writer)
      }
    guard file.sectionCount == 4,
      let index = try? BoundedJSON.decode(DataSetBuilder.Index.self, from: Data(file.section(3)))
    else { throw TextFile.damaged }
    let labels = index.labels
    let classes = known ?? labels.map(\.name)
    guard known != nil || classes.count >= fewestClasses else {
      throw FathomError(
        .data, "the training data has one class only ('\(classes.first ?? "")')",
        mend: "a classifier needs two at least, check \(.labelColumn)")
    }
    let known = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    let numbers = try labels.map { label in
      guard let number = known[label.name], classes[number].utf8.elementsEqual(label.name.utf8) else {
        throw DataSetBuilder.unknown(label, among: classes)
      }
      return number
    }
    let rows = TextFile(file, texts: 1, records: 2)
    self.init(
      texts: TextList(rows), targets: rows.targets(numbers == Array(classes.indices) ? nil : numbers),
      classes: classes, origin: origin?.derived(classes.debugDescription), notes: index.notes,
      skipped: index.skipped, sources: index.sources)
  }

  public var count: Int { texts.count }

  /// File and line of an example of a set that was read; nil where that is not known.
  public func place(of index: Int) -> String? {
    let row = texts.row(index)
    // The last source that starts at this row or before it.
    var (low, high) = (0, sources.count)
    while low < high {
      let middle = (low + high) / 2
      if sources[middle].firstRow <= row { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let source = sources[low - 1], number = texts.number(of: index)
    return Location(source.path, source.unit, number == 0 ? nil : number).description
  }

  /// Numbers by value where all labels are finite numbers, else all by the bytes of their spelling: one
  /// order, whatever order they come in.
  static func ordered(_ labels: [String]) -> [String] {
    let spelled = labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let numbers = spelled.compactMap { Double($0) }.filter(\.isFinite)
    guard numbers.count == spelled.count else { return spelled }
    return spelled.indices.sorted { a, b in numbers[a] == numbers[b] ? a < b : numbers[a] < numbers[b] }
      .map { spelled[$0] }
  }

  public func subset(_ indices: [Int]) -> DataSet {
    DataSet(
      texts: texts.choosing(IntList(indices.map(texts.row))), targets: IntList(indices.map { targets[$0] }),
      classes: classes)
  }

  /// A seeded sample in which classes keep their shares; the whole set when it is no larger.
  public func limited(to limit: Int?, seed: UInt64) -> DataSet {
    guard let limit, limit < count else { return self }
    return stratified(limit, seed: seed).chosen
  }

  /// Splits a seeded, stratified share off for validation.
  /// - Parameter share: from 0 to 1 of the examples.
  public func split(validationShare share: Double, seed: UInt64) -> (train: DataSet, validation: DataSet) {
    let parts = stratified(Int((Double(count) * share).rounded()), seed: seed)
    return (parts.rest, parts.chosen)
  }

  /// SHA-256 of the texts, the classes and which examples are in which set, as 64 hexadecimal digits.
  public static func fingerprint(_ sets: [DataSet]) -> String {
    let origins = sets.compactMap(\.origin)
    let origin = origins.count == sets.count ? DataOrigin(all: origins)?.derived("sha256") : nil
    if let file = try? origin?.file({ try $0.appendSection(Array(hash(sets).utf8)) }), file.sectionCount == 2
    {
      return String(decoding: file.section(1), as: UTF8.self)
    }
    return hash(sets)
  }

  private static func hash(_ sets: [DataSet]) -> String {
    var hash = SHA256()
    for set in sets {
      hash.update(data: Data(set.texts.sourceDigest))
      var rows = NumberDigest()
      for (index, target) in set.targets.enumerated() {
        rows.add(UInt64(set.texts.row(index)) << 32 | UInt64(UInt32(truncatingIfNeeded: target)))
      }
      hash.update(data: Data(rows.finish()))
      // A Swift description escapes what would make two lists of names look alike.
      hash.update(data: Data(set.classes.debugDescription.utf8))
    }
    return hash.finalize().map { String(format: "%02x", $0) }.joined()
  }

  /// Draws `size` examples, the classes' quotas by largest remainder; both sets are in the original order.
  private func stratified(_ size: Int, seed: UInt64) -> (chosen: DataSet, rest: DataSet) {
    let kept = origin?.derived("\(size) of seed \(seed)")
    let file = try? kept?.file { writer in
      let isChosen = Stratification(targets, classCount: classes.count).draw(size, seed: seed)
      for part in [true, false] {
        for number in [texts.row, { targets[$0] }] {
          try writer.startSection()
          for index in 0..<count where isChosen[index] == part {
            try withUnsafeBytes(of: Int32(number(index)).littleEndian) { try writer.append($0) }
          }
        }
      }
    }
    if let file, file.sectionCount == 5 {
      let parts = [(1, "chosen"), (3, "rest")].map { section, name in
        DataSet(
          texts: texts.choosing(IntList(file, section: section)),
          targets: IntList(file, section: section + 1), classes: classes,
          origin: kept?.derived(name))
      }
      if parts[0].count == size, parts[1].count == count - size { return (parts[0], parts[1]) }
    }
    let isChosen = Stratification(targets, classCount: classes.count).draw(size, seed: seed)
    return (
      subset(isChosen.indices.filter { isChosen[$0] }), subset(isChosen.indices.filter { !isChosen[$0] })
    )
  }
}

/// Examples that are in memory already.
private struct MemoryFormat: RecordFormat {
  let columns = ["text", "label"]
  var rest: ArraySlice<LabelledText>

  mutating func next() -> Record? {
    rest.popFirst().map { Record(cells: [.text($0.text), .text($0.label)], location: $0.location) }
  }
}
