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
    switch (options.lowercases, options.stripsAccents) {
    case (true, true):
      for word in UnicodeTables.folds.split(whereSeparator: \.isWhitespace) {
        let parts = word.split(separator: "=", omittingEmptySubsequences: false)
        let output = parts[1].split(separator: "+").map { UInt32($0, radix: 16)! }
        for (offset, code) in ScalarTable.span(parts[0]).enumerated() {
          fold(code, to: output.count == 1 ? [output[0] + UInt32(offset)] : output)
        }
      }
      for code in 0xAC00..<0xD7A4 { fold(code, to: ScalarTable.jamo(code)) }
    case (false, false): break
    case (let lowercases, let stripsAccents):
      // Rare in practice, so Swift's own Unicode tables do.
      for code in 0x41..<0x30000 where code < 0xD800 || code > 0xDFFF {
        guard let scalar = Unicode.Scalar(UInt32(code)) else { continue }
        var text = String(scalar)
        if stripsAccents {
          text = text.decomposedStringWithCanonicalMapping
          text.unicodeScalars.removeAll { $0.properties.generalCategory == .nonspacingMark }
        }
        if lowercases { text = text.unicodeScalars.map(\.properties.lowercaseMapping).joined() }
        let output = text.unicodeScalars.map(\.value)
        if output != [UInt32(code)] { fold(code, to: output) }
      }
    }
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
    let payload = entry >> ScalarTable.payloadShift
    if entry & ScalarTable.severalFlag == 0 { return body(payload) }
    for output in expansions[Int(payload)] { body(output) }
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
