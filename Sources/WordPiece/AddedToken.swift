/// A token that is found in a text as it stands, before words are split into pieces.
/// - Source: `AddedToken` of huggingface/tokenizers.
public struct AddedToken: Sendable, Hashable {
  public var content: String
  /// [CLS] and its like.
  public var isSpecial: Bool
  /// Only where no letter, digit or underscore stands next to it.
  public var isSingleWord: Bool
  /// Takes the blanks before it along; they are no pieces either way.
  public var stripsLeft: Bool
  /// Takes the blanks after it along.
  public var stripsRight: Bool
  /// Looked for in the normalised text, itself normalised; otherwise in the text as typed.
  public var isNormalized: Bool

  public init(
    _ content: String, isSpecial: Bool = true, isSingleWord: Bool = false, stripsLeft: Bool = false,
    stripsRight: Bool = false, isNormalized: Bool = false
  ) {
    self.content = content
    self.isSpecial = isSpecial
    self.isSingleWord = isSingleWord
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isNormalized = isNormalized
  }

  /// By bytes: Swift's strings take é and e with an accent for the same.
  public static func == (a: AddedToken, b: AddedToken) -> Bool {
    a.content.utf8.elementsEqual(b.content.utf8) && a.flags == b.flags
  }

  public func hash(into hasher: inout Hasher) {
    for byte in content.utf8 { hasher.combine(byte) }
    hasher.combine(flags)
  }

  var flags: [Bool] { [isSpecial, isSingleWord, stripsLeft, stripsRight, isNormalized] }
}

/// Finds added tokens in bytes: of those that begin at one offset, the longest.
struct AddedTokenMatcher: Sendable {
  struct Match {
    let id: Int32
    let length: Int
    let isSingleWord: Bool
  }

  /// A trie: the node after (node, byte). Node 0 is the start.
  private var edges: [UInt64: Int32] = [:]
  /// The token that ends at a node.
  private var ends: [Match?] = [nil]
  private(set) var firstBytes = Set<UInt8>()

  var isEmpty: Bool { edges.isEmpty }
  /// Whether some token looks at its neighbours.
  private(set) var hasSingleWords = false

  mutating func add(_ content: [UInt8], id: Int32, isSingleWord: Bool) {
    guard let first = content.first else { return }
    firstBytes.insert(first)
    if isSingleWord { hasSingleWords = true }
    var node: Int32 = 0
    for byte in content {
      let key = UInt64(node) << 8 | UInt64(byte)
      if let next = edges[key] {
        node = next
      } else {
        ends.append(nil)
        node = Int32(ends.count - 1)
        edges[key] = node
      }
    }
    // Of two that are equal after normalisation the first counts.
    if ends[Int(node)] == nil {
      ends[Int(node)] = Match(id: id, length: content.count, isSingleWord: isSingleWord)
    }
  }

  func match(at index: Int, in text: UnsafeBufferPointer<UInt8>) -> Match? {
    var node: Int32 = 0
    var best: Match?
    var offset = index
    while offset < text.count, let next = edges[UInt64(node) << 8 | UInt64(text[offset])] {
      node = next
      offset += 1
      if let found = ends[Int(node)] { best = found }
    }
    return best
  }

  /// The tokens in a text, from left to right, and the text between them.
  func segments(_ text: UnsafeBufferPointer<UInt8>) -> [(range: Range<Int>, id: Int32?)] {
    var segments: [(range: Range<Int>, id: Int32?)] = []
    var start = 0
    var index = 0
    while index < text.count {
      guard firstBytes.contains(text[index]), let match = match(at: index, in: text) else {
        index += 1
        continue
      }
      let end = index + match.length
      // One that is refused for its neighbours is passed over as a whole, as Hugging Face does.
      if !match.isSingleWord || !touchesWord(text, index..<end) {
        if start < index { segments.append((start..<index, nil)) }
        segments.append((index..<end, match.id))
        start = end
      }
      index = end
    }
    if start < text.count { segments.append((start..<text.count, nil)) }
    return segments
  }

  private func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var before = range.lowerBound - 1
    while before > 0, text[before] & 0xC0 == 0x80 { before -= 1 }
    return before >= 0 && isWord(text, before)
      || range.upperBound < text.count && isWord(text, range.upperBound)
  }

  private func isWord(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
    guard let scalar = Unicode.Scalar(WordEncoder.decode(text, index).code) else { return false }
    if scalar.properties.isAlphabetic || scalar.properties.isJoinControl { return true }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return false
    }
  }
}
