import ArgumentParser

/// Which blocks of a BERT a number of blocks means.
enum BlockOrder: String, ExpressibleByArgument, CaseIterable { case first, last, alternating }

/// An explicit list of blocks, counted from 0: `0,2,4`.
enum BlockList {
  static func parse(_ text: String) throws -> [Int] { try NumberRange.from(0, to: 999).parseList(text) }
}
