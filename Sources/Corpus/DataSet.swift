import Foundation

/// Texts with class indices.
public struct DataSet: Sendable {
  public let texts: TextList
  public let targets: [Int]
  /// Class names in the order of their indices.
  public let classes: [String]

  public init(texts: [String], targets: [Int], classes: [String]) {
    self.init(texts: TextList(texts), targets: targets, classes: classes)
  }

  init(texts: TextList, targets: [Int], classes: [String]) {
    precondition(texts.count == targets.count, "\(texts.count) texts and \(targets.count) targets")
    self.texts = texts
    self.targets = targets
    self.classes = classes
  }

  /// - Parameter classes: those of the training data; nil makes them from these examples.
  /// - Throws: ``CorpusError`` for a label that `classes` does not have, naming its line, or for a single class.
  public init(_ examples: [LabelledText], classes known: [String]? = nil) throws {
    var builder = try DataSetBuilder(classes: known)
    for example in examples { try builder.add(example.text, example.label, place: example.place) }
    self = try builder.finish()
  }

  public var count: Int { texts.count }

  /// Numbers by value, words by spelling.
  static func ordered(_ labels: Set<String>) -> [String] {
    let numbers = labels.compactMap(Double.init)
    if numbers.count == labels.count { return labels.sorted { (Double($0)!, $0) < (Double($1)!, $1) } }
    return labels.sorted()
  }

  public func subset(_ indices: [Int]) -> DataSet {
    DataSet(texts: texts.subset(indices), targets: indices.map { targets[$0] }, classes: classes)
  }

  /// A seeded sample in which classes keep their shares; the whole set when it is no larger.
  public func limited(to limit: Int?, seed: UInt64) -> DataSet {
    guard let limit, limit < count else { return self }
    return subset(stratified(limit, seed: seed).chosen)
  }

  /// Splits a seeded, stratified share off for validation.
  /// - Parameter share: from 0 to 1 of the examples.
  public func split(validationShare share: Double, seed: UInt64) -> (train: DataSet, validation: DataSet) {
    let size = Int((Double(count) * share).rounded())
    let (chosen, rest) = stratified(size, seed: seed)
    return (subset(rest), subset(chosen))
  }

  /// Draws `size` examples, the classes' quotas by largest remainder; both lists are in the original order.
  private func stratified(_ size: Int, seed: UInt64) -> (chosen: [Int], rest: [Int]) {
    var groups = [[Int]](repeating: [], count: classes.count)
    for (index, target) in targets.enumerated() { groups[target].append(index) }
    let exact = groups.map { Double($0.count) * Double(size) / Double(max(count, 1)) }
    var quotas = exact.map { Int($0) }
    let byRemainder = quotas.indices.sorted { (exact[$1] - Double(quotas[$1]), $0) < (exact[$0] - Double(quotas[$0]), $1) }
    for index in byRemainder.prefix(size - quotas.reduce(0, +)) { quotas[index] += 1 }
    var generator = SeededGenerator(seed: seed)
    var chosen: [Int] = []
    var rest: [Int] = []
    for (group, quota) in zip(groups, quotas) {
      let shuffled = group.shuffled(using: &generator)
      chosen += shuffled.prefix(quota)
      rest += shuffled.dropFirst(quota)
    }
    return (chosen.sorted(), rest.sorted())
  }
}
