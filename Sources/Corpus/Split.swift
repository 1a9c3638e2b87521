import Files

/// Seeded, stratified choices of a data set's rows.
struct Stratification {
  /// The rows of each class, in their order.
  private let groups: [[Int32]]
  private let count: Int

  /// Classes; of sets of labels the rarest label of each, so that every label keeps its share; of numbers
  /// tenths of the first one.
  init(_ data: DataSet) {
    let stratum = Stratification.strata(data)
    var groups = [[Int32]](repeating: [], count: stratum.count)
    for (row, target) in data.targets.enumerated() { groups[stratum.of(target)].append(Int32(row)) }
    self.groups = groups
    count = data.targets.count
  }

  /// The stratum of each number in the targets, and how many there are.
  private static func strata(_ data: DataSet) -> (count: Int, of: (Int) -> Int) {
    switch data.meaning {
    case .classes: return (data.classes.count, { $0 })
    case .sets(let sets):
      let counts = data.classCounts
      let rarest = sets.map { set in set.min { (counts[$0], $0) < (counts[$1], $1) } ?? data.classes.count }
      return (data.classes.count + 1, { rarest[$0] })
    case .values(let values):
      let sorted = data.targets.map { values[$0][0] }.sorted()
      let limits = sorted.isEmpty ? [] : (1..<10).map { sorted[sorted.count * $0 / 10] }
      let tenths = values.map { value in limits.count { $0 <= value[0] } }
      return (10, { tenths[$0] })
    }
  }

  /// Draws `size` rows. Each class keeps its share; one with two examples or more has one at least on either
  /// side, where there is room.
  /// - Returns: for each row, whether it was drawn.
  func draw(_ size: Int, seed: UInt64) -> [Bool] {
    var generator = SeededGenerator(seed: seed)
    var isChosen = [Bool](repeating: false, count: count)
    for (group, quota) in zip(groups, quotas(size)) {
      for row in group.shuffled(using: &generator).prefix(quota) { isChosen[Int(row)] = true }
    }
    return isChosen
  }

  /// Deals the rows of each shuffled class round and round, so that the parts of a class, and the folds,
  /// differ by one example at most.
  /// - Returns: the fold of each row.
  func folds(_ foldCount: Int, seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    var folds = [Int32](repeating: 0, count: count)
    var dealt = 0
    for group in groups {
      for row in group.shuffled(using: &generator) {
        folds[Int(row)] = Int32(dealt % foldCount)
        dealt += 1
      }
    }
    return folds
  }

  /// How many rows of each class are drawn: by largest remainder, then mended for rare classes.
  private func quotas(_ size: Int) -> [Int] {
    let exact = groups.map { Double($0.count) * Double(size) / Double(max(count, 1)) }
    var quotas = exact.map { Int($0) }
    let remainders = zip(exact, quotas).map { $0 - Double($1) }
    let byRemainder = quotas.indices.sorted { a, b in
      remainders[a] == remainders[b] ? a < b : remainders[a] > remainders[b]
    }
    for index in byRemainder.prefix(size - quotas.reduce(0, +)) { quotas[index] += 1 }
    mend(&quotas)
    return quotas
  }

  /// Moves an example from the class that can spare it best to each class that has none, and the other way
  /// round.
  private func mend(_ quotas: inout [Int]) {
    func spare(_ index: Int) -> Int { quotas[index] - 1 }
    func room(_ index: Int) -> Int { groups[index].count - quotas[index] - 1 }
    for index in groups.indices where groups[index].count >= 2 && quotas[index] == 0 {
      let donor = largest(spare)
      guard spare(donor) > 0 else { break }
      quotas[donor] -= 1
      quotas[index] = 1
    }
    for index in groups.indices where groups[index].count >= 2 && quotas[index] == groups[index].count {
      let taker = largest(room)
      guard room(taker) > 0 else { break }
      quotas[taker] += 1
      quotas[index] -= 1
    }
  }

  private func largest(_ measure: (Int) -> Int) -> Int {
    groups.indices.max { measure($0) < measure($1) } ?? 0
  }
}

/// One part of a cross-validation.
public struct Fold: Sendable {
  public let train: DataSet
  public let validation: DataSet
}

extension DataSet {
  /// Stratified cross-validation: every example is validated in one fold exactly. The same for the same seed.
  /// - Parameter count: from 2 to the number of examples.
  /// - Throws: `FathomError` for another number of folds.
  public func folds(_ count: Int, seed: UInt64) throws -> [Fold] {
    guard count >= 2, count <= self.count else {
      throw FathomError(
        .setting, "\(count) folds of \(self.count) examples", mend: "give \(.folds) from 2 to their number")
    }
    let folds = Stratification(self).folds(count, seed: seed)
    return (0..<Int32(count)).map { fold in
      Fold(
        train: subset(folds.indices.filter { folds[$0] != fold }),
        validation: subset(folds.indices.filter { folds[$0] == fold }))
    }
  }

  /// Three parts, of which each class keeps its share: the test share is drawn first.
  /// - Parameters: shares from 0 to 1 of the examples.
  public func split(validationShare: Double, testShare: Double, seed: UInt64) -> (
    train: DataSet, validation: DataSet, test: DataSet
  ) {
    let (rest, test) = split(validationShare: testShare, seed: seed &+ 0x7465_7374)
    let share = min(1, validationShare / max(1 - testShare, .ulpOfOne))
    let (train, validation) = rest.split(validationShare: share, seed: seed)
    return (train, validation, test)
  }

  /// What parts of this set lack, as sentences: a class of which a part has no example.
  public func notes(on parts: [(name: String, set: DataSet)]) -> [String] {
    missingClasses(parts) + repeatedTexts(parts)
  }

  /// Texts that were learned from are no test. Not counted above so many, where it would take time at every
  /// start.
  private func repeatedTexts(_ parts: [(name: String, set: DataSet)]) -> [String] {
    guard let train = parts.first, train.set.count <= 200_000 else { return [] }
    let known = Set((0..<train.set.count).map(train.set.texts.hash(of:)))
    return parts.dropFirst().compactMap { name, set in
      guard set.count <= 200_000 else { return nil }
      let again = (0..<set.count).count { known.contains(set.texts.hash(of: $0)) }
      return again == 0
        ? nil : "\(again) of \(set.count) texts of the \(name) set are among those of the \(train.name) set"
    }
  }

  private var presentClasses: Set<Int> {
    switch meaning {
    case .classes: Set(targets)
    case .sets(let sets): Set(Set(targets).flatMap { sets[$0] })
    case .values: Set(classes.indices)
    }
  }

  private func missingClasses(_ parts: [(name: String, set: DataSet)]) -> [String] {
    parts.compactMap { name, set in
      let present = set.presentClasses
      let missing = classes.indices.filter { !present.contains($0) }.map { "'\(classes[$0])'" }
      if missing.isEmpty { return nil }
      return "the \(name) set has no example of \(missing.count) of \(classes.count) classes: "
        + ListText(missing).description
    }
  }
}
