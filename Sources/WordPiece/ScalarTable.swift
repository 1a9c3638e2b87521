import Foundation

/// What normalisation does to each code point, looked up in one step.
struct ScalarTable: Sendable {
  enum Kind: UInt32 {
    case letter = 0
    case removed, space, ideograph, punctuation
  }

  /// Three bits of ``Kind``, a flag for "folds", and the folded code point or an index into `expansions`.
  private let entries: [UInt32]
  private let expansions: [[UInt32]]

  private static let kindMask: UInt32 = 0b111
  private static let foldsFlag: UInt32 = 0b1000
  private static let severalFlag: UInt32 = 0b10000
  private static let payloadShift: UInt32 = 5
  private static let payloadMask: UInt32 = 0x1F_FFFF
  /// Its combining class takes part in the order of marks.
  private static let markFlag: UInt32 = 1 << 27
  /// It goes, and marks before and after it keep their order.
  private static let endsMarksFlag: UInt32 = 1 << 28

  private let combiningClasses: [UInt32: UInt8]

  init(_ options: TokenizerOptions) {
    var entries = [UInt32](repeating: 0, count: 0x110000)
    var expansions: [[UInt32]] = []
    func mark(_ text: String, _ kind: Kind) {
      for word in text.split(whereSeparator: \.isWhitespace) {
        for code in ScalarTable.span(word) { entries[code] = kind.rawValue }
      }
    }
    if options.cleansText {
      mark(UnicodeTables.removed, .removed)
      mark(UnicodeTables.space, .space)
    } else {
      for code in 0..<0x110000 where Unicode.Scalar(UInt32(code))?.properties.isWhitespace == true {
        entries[code] = Kind.space.rawValue
      }
    }
    mark(UnicodeTables.punctuation, .punctuation)
    if options.splitsIdeographs { mark(UnicodeTables.ideograph, .ideograph) }

    func fold(_ code: Int, to output: [UInt32]) {
      if output.count == 1 {
        entries[code] |= ScalarTable.foldsFlag | output[0] << ScalarTable.payloadShift
      } else {
        let index = UInt32(expansions.count)
        entries[code] |= ScalarTable.foldsFlag | ScalarTable.severalFlag | index << ScalarTable.payloadShift
        expansions.append(output)
      }
    }
    // Accents go before case does.
    var lowered: [Int: [UInt32]] = [:]
    if options.lowercases {
      ScalarTable.forEachFold(UnicodeTables.lowered) { lowered[$0] = $1 }
    }
    var folds = lowered
    var classes: [UInt32: UInt8] = [:]
    if options.stripsAccents {
      ScalarTable.forEachFold(UnicodeTables.stripped) { code, output in
        folds[code] = output.flatMap { lowered[Int($0)] ?? [$0] }
      }
      for code in 0xAC00..<0xD7A4 { fold(code, to: ScalarTable.jamo(code)) }
      for word in UnicodeTables.combiningClasses.split(whereSeparator: \.isWhitespace) {
        let parts = word.split(separator: "=")
        for code in ScalarTable.span(parts[0]) {
          classes[UInt32(code)] = UInt8(parts[1])!
          entries[code] |= ScalarTable.markFlag
        }
      }
      for word in UnicodeTables.droppedStarters.split(whereSeparator: \.isWhitespace) {
        for code in ScalarTable.span(word) { entries[code] |= ScalarTable.endsMarksFlag }
      }
    }
    for (code, output) in folds { fold(code, to: output) }
    combiningClasses = classes
    self.entries = entries
    self.expansions = expansions
  }

  @inline(__always)
  func kind(_ code: UInt32) -> Kind { Kind(rawValue: entries[Int(code)] & ScalarTable.kindMask)! }

  /// Calls `body` with each code point that this one becomes: itself, another, several or none.
  @inline(__always)
  func forEachFolded(_ code: UInt32, _ body: (UInt32) -> Void) {
    let entry = entries[Int(code)]
    if entry & ScalarTable.foldsFlag == 0 { return body(code) }
    let payload = entry >> ScalarTable.payloadShift & ScalarTable.payloadMask
    if entry & ScalarTable.severalFlag == 0 { return body(payload) }
    for output in expansions[Int(payload)] { body(output) }
  }

  @inline(__always)
  func isMark(_ code: UInt32) -> Bool { entries[Int(code)] & ScalarTable.markFlag != 0 }

  @inline(__always)
  func endsMarks(_ code: UInt32) -> Bool { entries[Int(code)] & ScalarTable.endsMarksFlag != 0 }

  func combiningClass(_ code: UInt32) -> UInt8 { combiningClasses[code] ?? 0 }

  /// Whether nothing is left of a letter or mark.
  func isDropped(_ code: UInt32) -> Bool {
    var isDropped = true
    forEachFolded(code) { _ in isDropped = false }
    return isDropped
  }

  /// Calls `body` with each code point of a table and what it becomes.
  private static func forEachFold(_ table: String, _ body: (Int, [UInt32]) -> Void) {
    for word in table.split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false)
      let output = parts[1].split(separator: "+").map { UInt32($0, radix: 16)! }
      for (offset, code) in span(parts[0]).enumerated() {
        body(code, output.count == 1 ? [output[0] + UInt32(offset)] : output)
      }
    }
  }

  private static func span(_ word: Substring) -> ClosedRange<Int> {
    let ends = word.split(separator: "-").map { Int($0, radix: 16)! }
    return ends[0]...ends[ends.count - 1]
  }

  /// - Source: The Unicode Standard, 3.12 "Conjoining Jamo behavior".
  private static func jamo(_ code: Int) -> [UInt32] {
    let index = code - 0xAC00
    let lead = 0x1100 + index / 588, vowel = 0x1161 + index % 588 / 28, tail = 0x11A7 + index % 28
    return (tail == 0x11A7 ? [lead, vowel] : [lead, vowel, tail]).map(UInt32.init)
  }
}
