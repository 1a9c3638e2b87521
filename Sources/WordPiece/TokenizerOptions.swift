/// How a tokenizer normalises text before it looks words up.
public struct TokenizerOptions: Sendable, Hashable {
  public var lowercases: Bool
  public var stripsAccents: Bool
  public var splitsIdeographs: Bool
  public var cleansText: Bool
  /// Longer words become the unknown token.
  public var maximumWordLength: Int

  /// - Parameter stripsAccents: nil does what BERT did: accents go where case goes.
  public init(
    lowercases: Bool = true, stripsAccents: Bool? = nil, splitsIdeographs: Bool = true,
    cleansText: Bool = true,
    maximumWordLength: Int = 100
  ) {
    self.lowercases = lowercases
    self.stripsAccents = stripsAccents ?? lowercases
    self.splitsIdeographs = splitsIdeographs
    self.cleansText = cleansText
    self.maximumWordLength = maximumWordLength
  }

  /// For digests: a new option is added at the end, and only where it is not its default.
  var canonical: String {
    "lower=\(lowercases) accents=\(stripsAccents) ideographs=\(splitsIdeographs) clean=\(cleansText) "
      + "longest=\(maximumWordLength)"
  }
}

/// Which part of a long text is kept.
public enum Truncation: Sendable, Hashable {
  case head
  case tail
  /// The first and the last pieces; the share says how much of the room the first ones get.
  case headAndTail(headShare: Double)

  /// Keeps at most `room` ids.
  public func apply<Element>(_ ids: [Element], room: Int) -> [Element] {
    if ids.count <= room { return ids }
    switch self {
    case .head: return Array(ids.prefix(room))
    case .tail: return Array(ids.suffix(room))
    case .headAndTail(let share):
      // Cut, not rounded, as in the study of 2019.
      let head = Int(Double(room) * min(max(share, 0), 1))
      return Array(ids.prefix(head)) + Array(ids.suffix(room - head))
    }
  }
}
