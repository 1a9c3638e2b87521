/// Takes examples one by one and makes a data set of them, with the texts on disk.
struct DataSetBuilder {
  private let known: [String]?
  private var numbers: [String: Int]
  private var labels: [String]
  private var targets: [Int] = []
  private var hashes: [UInt64] = []
  private let spool: ByteSpool

  /// - Parameter classes: those of the training data; nil makes them from the examples.
  init(classes known: [String]?) throws {
    self.known = known
    labels = known ?? []
    numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    spool = try ByteSpool()
  }

  /// - Throws: ``CorpusError`` for a label that the training data does not have, naming its place.
  mutating func add(_ text: String, _ label: String, place: @autoclosure () -> String) throws {
    if let number = numbers[label] {
      targets.append(number)
    } else {
      guard known == nil else {
        throw CorpusError(
          "\(place()): label '\(label)' does not occur in the training data (\(labels.joined(separator: ", ")))")
      }
      numbers[label] = labels.count
      targets.append(labels.count)
      labels.append(label)
    }
    hashes.append(TextList.hash(text))
    var text = text
    _ = try text.withUTF8 { try spool.append(UnsafeRawBufferPointer($0)) }
  }

  /// - Throws: ``CorpusError`` for a single class, or a full disk.
  func finish() throws -> DataSet {
    try spool.finish()
    let texts = TextList(spool, hashes: hashes)
    if let known { return DataSet(texts: texts, targets: targets, classes: known) }
    let classes = DataSet.ordered(Set(labels))
    guard classes.count >= 2 else {
      throw CorpusError("the training data has one class only ('\(classes.first ?? "")'): a classifier needs two at least")
    }
    let places = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    let order = labels.map { places[$0]! }
    return DataSet(texts: texts, targets: targets.map { order[$0] }, classes: classes)
  }
}
