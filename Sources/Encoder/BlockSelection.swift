import Files

/// Which of a checkpoint's transformer blocks a truncated model keeps, in ascending order.
public enum BlockSelection: Sendable, Equatable {
  case first(Int)
  case last(Int)
  /// K blocks spread evenly from the first: every second one when K is half of them.
  case alternating(Int)
  case list([Int])

  /// - Throws: when the checkpoint has fewer blocks, or the list repeats one or is not ascending.
  public func indices(of available: Int) throws -> [Int] {
    switch self {
    case .first(let count):
      try check(count, available)
      return Array(0..<count)
    case .last(let count):
      try check(count, available)
      return Array(available - count..<available)
    case .alternating(let count):
      try check(count, available)
      return (0..<count).map { $0 * available / count }
    case .list(let list):
      guard list.allSatisfy({ (0..<available).contains($0) }) else {
        throw FathomError(
          .setting,
          available == 0
            ? "block list \(text(list)) asks for blocks, and the checkpoint has none"
            : "block list \(text(list)) asks for a block outside 0 to \(available - 1)",
          mend: "name blocks that the checkpoint has")
      }
      guard zip(list, list.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw FathomError(
          .setting, "block list \(text(list)) is not ascending or has repeats", mend: "name each block once")
      }
      return list
    }
  }

  private func check(_ count: Int, _ available: Int) throws {
    guard (0...available).contains(count) else {
      throw FathomError(
        .setting, "\(count) blocks are asked for and the checkpoint has \(available)",
        mend: "ask for 0 to \(available)")
    }
  }

  private func text(_ list: [Int]) -> String { list.map(String.init).joined(separator: ",") }

  /// The word for tables: first, last, alternating or the list itself.
  public var source: String {
    switch self {
    case .first: "first"
    case .last: "last"
    case .alternating: "alternating"
    case .list(let list): list.map(String.init).joined(separator: "+")
    }
  }
}
