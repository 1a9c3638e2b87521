/// A whole text after normalisation, with where each byte came from. Only tokenizers with normalised added
/// tokens need it:
/// others normalise as they go.
struct NormalizedText {
  private(set) var bytes: [UInt8] = []
  /// Offsets in the original text at which the character of each byte begins and ends.
  private(set) var starts: [Int] = []
  private(set) var ends: [Int] = []

  init(_ text: UnsafeBufferPointer<UInt8>, table: ScalarTable) {
    bytes.reserveCapacity(text.count)
    var marks = MarkRun()
    var index = 0
    while index < text.count {
      let (code, length) = WordEncoder.decode(text, index)
      let source = index..<index + length
      index += length
      switch table.kind(code) {
      case .removed: continue
      case .space:
        append([0x20], source)
        continue
      case .ideograph:
        append([0x20], source)
        table.forEachFolded(code) { append(Array(UTF8.encode(Unicode.Scalar($0)!)!), source) }
        append([0x20], source)
        continue
      case .letter, .punctuation: break
      }
      if table.endsMarks(code) { marks.end() }
      table.forEachFolded(code) { folded in
        let piece = Array(UTF8.encode(Unicode.Scalar(folded)!)!)
        let offset =
          table.isMark(folded)
          ? marks.insert(table.combiningClass(folded), piece.count, at: bytes.count) : bytes.count
        bytes.insert(contentsOf: piece, at: offset)
        starts.insert(contentsOf: repeatElement(source.lowerBound, count: piece.count), at: offset)
        ends.insert(contentsOf: repeatElement(source.upperBound, count: piece.count), at: offset)
      }
    }
  }

  private mutating func append(_ piece: [UInt8], _ source: Range<Int>) {
    for byte in piece {
      bytes.append(byte)
      starts.append(source.lowerBound)
      ends.append(source.upperBound)
    }
  }
}

/// Marks that follow one another in the text, put into the order of their combining classes.
/// - Source: The Unicode Standard, 3.11 "Canonical ordering algorithm".
struct MarkRun {
  private var marks: [(combiningClass: UInt8, length: Int)] = []
  private var endOffset = -1
  /// Longer runs stay as they are: no word has them, and sorting would take the square of their length.
  private static let limit = 128

  /// Something stood between that was dropped since.
  mutating func end() { endOffset = -1 }

  /// Where a mark goes that comes after `offset` bytes.
  mutating func insert(_ combiningClass: UInt8, _ length: Int, at offset: Int) -> Int {
    if offset != endOffset { marks.removeAll(keepingCapacity: true) }
    endOffset = offset + length
    var target = offset
    var index = marks.count
    if marks.count < MarkRun.limit {
      while index > 0, marks[index - 1].combiningClass > combiningClass {
        index -= 1
        target -= marks[index].length
      }
    }
    marks.insert((combiningClass, length), at: index)
    return target
  }
}
