import Files
import Foundation

/// Texts with class indices.
public struct DataSet: Sendable {
  public let texts: TextList
  public let targets: IntList
  /// Class names in the order of their indices.
  public let classes: [String]
  /// nil where nothing derived from this set is kept
  private let origin: DataOrigin?

  public init(texts: [String], targets: [Int], classes: [String]) {
    self.init(texts: TextList(texts), targets: IntList(targets), classes: classes)
  }

  private init(texts: TextList, targets: IntList, classes: [String], origin: DataOrigin? = nil) {
    precondition(texts.count == targets.count, "\(texts.count) texts and \(targets.count) targets")
    (self.texts, self.targets, self.classes, self.origin) = (texts, targets, classes, origin)
  }

  /// - Parameter classes: those of the training data; nil makes them from these examples.
  /// - Throws: ``CorpusError`` for a label that `classes` does not have, naming its line, or for a single class.
  public init(_ examples: [LabelledText], classes known: [String]? = nil) throws {
    try self.init(classes: known) { add in
      for example in examples { try add(example.text, example.label, { example.place }) }
    }
  }

  typealias Add = (_ text: String, _ label: String, _ place: () -> String) throws -> Void

  /// Examples that come one by one and go to disk; those of an earlier call where `origin` knows them.
  init(classes known: [String]?, origin: DataOrigin? = nil, _ each: (Add) throws -> Void) throws {
    func make(_ writer: SectionWriter) throws {
      var builder = try DataSetBuilder(classes: known, to: writer)
      do {
        try each { try builder.add($0, $1, place: $2()) }
      } catch {
        builder.abandon()
        throw error
      }
      try builder.finish()
    }
    let file =
      try origin?.file(make)
      ?? SectionFile.temporary { writer in
        try writer.startSection()  // where a cached file has its key
        try make(writer)
      }
    guard file.sectionCount == 4,
      let labels = try? JSONDecoder().decode([DataSetBuilder.Label].self, from: Data(file.section(3)))
    else { throw TextFile.damaged }
    let classes = known ?? labels.map(\.name)
    guard known != nil || classes.count >= 2 else {
      throw CorpusError(
        "the training data has one class only ('\(classes.first ?? "")'): a classifier needs two at least")
    }
    let numbers = try labels.map { label in
      guard let number = classes.firstIndex(of: label.name) else {
        throw DataSetBuilder.unknown(label, among: classes)
      }
      return number
    }
    let rows = TextFile(file, texts: 1, records: 2)
    self.init(
      texts: TextList(rows), targets: rows.targets(numbers == Array(classes.indices) ? nil : numbers),
      classes: classes,
      origin: origin?.derived(classes.debugDescription))
  }

  public var count: Int { texts.count }

  /// Numbers by value, words by spelling.
  static func ordered(_ labels: Set<String>) -> [String] {
    let numbers = labels.compactMap(Double.init)
    if numbers.count == labels.count { return labels.sorted { (Double($0)!, $0) < (Double($1)!, $1) } }
    return labels.sorted()
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

  /// A number that changes with any text, class or split.
  public static func fingerprint(_ sets: [DataSet]) -> String {
    let origins = sets.compactMap(\.origin)
    let origin = origins.count == sets.count ? DataOrigin(all: origins)?.derived("fingerprint") : nil
    if let file = try? origin?.file({ try $0.appendSection(Array(hash(sets).utf8)) }), file.sectionCount == 2
    {
      return String(decoding: file.section(1), as: UTF8.self)
    }
    return hash(sets)
  }

  private static func hash(_ sets: [DataSet]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for set in sets {
      for (index, target) in set.targets.enumerated() {
        hash = (hash ^ set.texts.hash(of: index)) &* 0x0000_0100_0000_01b3
        hash = (hash ^ UInt64(target + 256)) &* 0x0000_0100_0000_01b3
      }
      hash = (hash ^ 0xFFFF) &* 0x0000_0100_0000_01b3
    }
    return String(hash, radix: 16)
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
