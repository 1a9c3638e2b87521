import Crypto
import Files
import Foundation
import Tables

/// Texts, or pairs of texts, with what each should be given.
public struct DataSet: Sendable {
  /// What the numbers in ``targets`` stand for.
  public enum Meaning: Sendable, Equatable {
    /// Each is the index of a class.
    case classes
    /// Each is the number of a set of labels: their rising indices.
    case sets([[Int]])
    /// Each is the number of a vector of quantities.
    case values([[Double]])
  }

  public let texts: TextList
  /// The second texts of pairs; nil for single texts.
  public let seconds: TextList?
  public let targets: IntList
  public let meaning: Meaning
  /// Names of classes, labels or quantities, in the order of their indices.
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
    texts: TextList, seconds: TextList? = nil, targets: IntList, meaning: Meaning = .classes,
    classes: [String], origin: DataOrigin? = nil, notes: [String] = [],
    skipped: SkippedRows = SkippedRows(), sources: [RowSource] = []
  ) {
    precondition(seconds?.count ?? texts.count == texts.count, "a second text for each")
    precondition(texts.count == targets.count, "\(texts.count) texts and \(targets.count) targets")
    self.texts = texts
    self.seconds = seconds
    self.meaning = meaning
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
    let form: AnswerForm =
      switch examples.first?.answer {
      case .labels: .several(separator: "")
      case .values: .numbers
      case .label, nil: .single
      }
    let hasSecond = examples.first?.second != nil
    let columns = ["text"] + (hasSecond ? ["second"] : []) + ["label"]
    try self.init(classes: known) {
      LabelledTextReader(
        MemoryFormat(columns: columns, rest: examples[...]), path: "the data", columns: columns,
        hasSecond: hasSecond, answers: form)
    }
  }

  /// Examples that come one by one and go to disk; those of an earlier call where `origin` knows them.
  /// - Parameters:
  ///   - quantities: names of the numbers of a regression; nil makes some up.
  ///   - fewestClasses: what is refused without `known`.
  init(
    classes known: [String]?, quantities: [String]? = nil, origin: DataOrigin? = nil, fewestClasses: Int = 2,
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
    guard file.sectionCount >= 4,
      let index = try? BoundedJSON.decode(DataSetBuilder.Index.self, from: Data(file.section(3))),
      file.sectionCount == (index.hasSeconds ? 6 : 4)
    else { throw TextFile.damaged }
    let labels = index.labels
    let classes = known ?? index.values.map { quantities ?? DataSet.quantities($0) } ?? labels.map(\.name)
    guard known != nil || index.kind != .classes || classes.count >= fewestClasses else {
      throw FathomError(
        .data, "the training data has one class only ('\(classes.first ?? "")')",
        mend: "a classifier needs two at least, check \(.labelColumn)")
    }
    let byName = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    let numbers = try labels.map { label in
      guard let number = byName[label.name], classes[number].utf8.elementsEqual(label.name.utf8) else {
        throw DataSetBuilder.unknown(label, among: classes)
      }
      return number
    }
    let rows = TextFile(file, texts: 1, records: 2)
    let isSame = index.kind != .classes || numbers == Array(classes.indices)
    self.init(
      texts: TextList(rows),
      seconds: index.hasSeconds ? TextList(TextFile(file, texts: 4, records: 5)) : nil,
      targets: rows.targets(isSame ? nil : numbers), meaning: try DataSet.meaning(index, numbers, classes),
      classes: classes, origin: origin?.derived(classes.debugDescription), notes: index.notes,
      skipped: index.skipped, sources: index.sources)
  }

  private static func quantities(_ values: [[Double]]) -> [String] {
    (0..<(values.first?.count ?? 0)).map { "LABEL_\($0)" }
  }

  private static func meaning(_ index: DataSetBuilder.Index, _ numbers: [Int], _ classes: [String]) throws
    -> Meaning
  {
    switch index.kind {
    case .classes: return .classes
    case .sets:
      guard classes.count >= 1 else {
        throw FathomError(.data, "no text has a label", mend: "check \(.labelColumn)")
      }
      return .sets((index.sets ?? []).map { set in set.map { numbers[$0] }.sorted() })
    case .values:
      let values = index.values ?? []
      guard values.allSatisfy({ $0.count == classes.count }) else {
        throw FathomError(
          .data, "the data have \(values.first?.count ?? 0) numbers per text and \(classes.count) are wanted",
          mend: "check \(.labelColumn)")
      }
      return .values(values)
    }
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

  /// What a row ought to be given, in words.
  public func answer(of index: Int) -> String {
    switch meaning {
    case .classes: classes[targets[index]]
    case .sets(let sets): sets[targets[index]].map { classes[$0] }.joined(separator: "|")
    case .values(let values): values[targets[index]].map { "\($0)" }.joined(separator: ", ")
    }
  }

  /// Rows that have each class or label.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    switch meaning {
    case .classes: for target in targets { counts[target] += 1 }
    case .sets(let sets): for target in targets { for label in sets[target] { counts[label] += 1 } }
    case .values: break
    }
    return counts
  }

  /// What makes all classes count alike: rows over classes times rows of the class (scikit-learn's
  /// `balanced`); of labels the rows without each over the rows with it (the usual `pos_weight`).
  public var balancedWeights: [Double] {
    classCounts.map { own in
      let (own, all) = (Double(max(own, 1)), Double(count))
      if case .classes = meaning { return all / (Double(classes.count) * own) }
      return max(all - own, 1) / own
    }
  }

  public func subset(_ indices: [Int]) -> DataSet {
    let rows = IntList(indices.map(texts.row))
    return DataSet(
      texts: texts.choosing(rows), seconds: seconds?.choosing(rows),
      targets: IntList(indices.map { targets[$0] }), meaning: meaning, classes: classes)
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
      // Nothing is added for single texts with classes: the identity of earlier runs stays.
      if let seconds = set.seconds { hash.update(data: Data(seconds.sourceDigest)) }
      switch set.meaning {
      case .classes: break
      case .sets(let sets): hash.update(data: Data("sets \(sets)".utf8))
      case .values(let values): hash.update(data: Data("values \(values)".utf8))
      }
    }
    return hash.finalize().map { String(format: "%02x", $0) }.joined()
  }

  /// Draws `size` examples, the classes' quotas by largest remainder; both sets are in the original order.
  private func stratified(_ size: Int, seed: UInt64) -> (chosen: DataSet, rest: DataSet) {
    let kept = origin?.derived("\(size) of seed \(seed)")
    let file = try? kept?.file { writer in
      let isChosen = Stratification(self).draw(size, seed: seed)
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
        let rows = IntList(file, section: section)
        return DataSet(
          texts: texts.choosing(rows), seconds: seconds?.choosing(rows),
          targets: IntList(file, section: section + 1), meaning: meaning, classes: classes,
          origin: kept?.derived(name))
      }
      if parts[0].count == size, parts[1].count == count - size { return (parts[0], parts[1]) }
    }
    let isChosen = Stratification(self).draw(size, seed: seed)
    return (
      subset(isChosen.indices.filter { isChosen[$0] }), subset(isChosen.indices.filter { !isChosen[$0] })
    )
  }
}

/// Examples that are in memory already.
private struct MemoryFormat: RecordFormat {
  let columns: [String]
  var rest: ArraySlice<LabelledText>

  mutating func next() -> Record? {
    rest.popFirst().map { example in
      let answer: Cell =
        switch example.answer {
        case .label(let name): .text(name)
        case .labels(let names): .list(names.map { .text($0) })
        case .values(let values): .list(values.map { .word("\($0)") })
        }
      let texts = [example.text] + (example.second.map { [$0] } ?? [])
      return Record(cells: texts.map { .text($0) } + [answer], location: example.location)
    }
  }
}
