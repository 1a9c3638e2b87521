import Classification
import Corpus

extension DataSet {
  /// What an example ought to be given.
  public func target(_ index: Int) -> Target {
    switch meaning {
    case .classes: .label(targets[index])
    case .sets(let sets): .labels(sets[targets[index]])
    case .values(let values): .values(values[targets[index]])
    }
  }

  public var allTargets: [Target] { (0..<count).map(target) }

  /// The text as a reader is shown it, a pair with an arrow between.
  func title(_ index: Int) -> String {
    guard let seconds else { return texts[index] }
    return texts[index].prefix(300) + " → " + seconds[index].prefix(300)
  }

  public var kind: TaskKind {
    switch meaning {
    case .classes: .singleLabel
    case .sets: .multiLabel
    case .values: .regression
    }
  }
}
