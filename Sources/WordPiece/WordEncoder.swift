import Foundation

/// Turns bytes into ids; keeps the words it has met. One to a thread.
///
/// Its state is touched for every byte, and Swift's check that no two accesses overlap took two fifths of the
/// time: it is off for what no other access can reach.
final class WordEncoder {
  private let tokenizer: Tokenizer
  @exclusivity(unchecked) private var word: [UInt8] = []
  @exclusivity(unchecked) private var wordScalars = 0
  @exclusivity(unchecked) private var hash = Vocabulary.startSeed
  @exclusivity(unchecked) private var hashIsStale = false
  @exclusivity(unchecked) private var prefixHashes: [UInt64] = []
  @exclusivity(unchecked) private var cache = WordCache()
  /// Hears every word instead of its being split into pieces.
  private let onWord: (([UInt8]) -> Void)?
  @exclusivity(unchecked) private var marks = MarkRun()

  /// Whether ``ranges`` are kept; slower, since no word is remembered.
  private let keepsRanges: Bool
  /// Of each id, where it came from in the text.
  @exclusivity(unchecked) private(set) var ranges: [Range<Int>] = []
  /// Of each byte of the word, where its character came from.
  @exclusivity(unchecked) private var sources: [Range<Int>] = []
  /// The character that is being read.
  @exclusivity(unchecked) private var source = 0..<0

  init(_ tokenizer: Tokenizer, keepsRanges: Bool = false, onWord: (([UInt8]) -> Void)? = nil) {
    self.tokenizer = tokenizer
    self.keepsRanges = keepsRanges
    self.onWord = onWord
    word.reserveCapacity(512)
  }

  /// Appends the ids of a text, without [CLS] and [SEP].
  func encode(_ text: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    ranges.removeAll(keepingCapacity: true)
    guard tokenizer.needsSegments else { return encode(text, from: 0, into: &ids) }
    for segment in tokenizer.typedTokens.segments(text) {
      if let id = segment.id {
        ids.append(id)
        if keepsRanges { ranges.append(segment.range) }
        continue
      }
      let part = UnsafeBufferPointer(rebasing: text[segment.range])
      if tokenizer.normalizedTokens.isEmpty {
        encode(part, from: segment.range.lowerBound, into: &ids)
      } else {
        encodeNormalizing(part, from: segment.range.lowerBound, into: &ids)
      }
    }
  }

  /// Normalises first, so that added tokens are found in what comes out. Normalising again changes nothing.
  private func encodeNormalizing(_ text: UnsafeBufferPointer<UInt8>, from start: Int, into ids: inout [Int32])
  {
    let normalized = NormalizedText(text, table: tokenizer.scalars)
    normalized.bytes.withUnsafeBufferPointer { bytes in
      for segment in tokenizer.normalizedTokens.segments(bytes) {
        let first = ranges.count
        if let id = segment.id {
          ids.append(id)
          if keepsRanges { ranges.append(segment.range) }
        } else {
          let part = UnsafeBufferPointer(rebasing: bytes[segment.range])
          encode(part, from: segment.range.lowerBound, into: &ids)
        }
        for index in first..<ranges.count {
          let range = ranges[index]
          let lower = normalized.starts[range.lowerBound]
          ranges[index] = start + lower..<start + max(lower, normalized.ends[range.upperBound - 1])
        }
      }
    }
  }

  /// - Parameter start: offset of this part in the whole text.
  private func encode(_ text: UnsafeBufferPointer<UInt8>, from start: Int, into ids: inout [Int32]) {
    let findsTokens = !tokenizer.needsSegments
    tokenizer.asciiActions.withUnsafeBufferPointer { actions in
      var index = 0
      while index < text.count {
        let byte = text[index]
        let action = actions[Int(byte)]
        if keepsRanges { source = start + index..<start + index + 1 }
        // An ordinary letter or digit: its folded byte.
        if action >= 0x20 {
          append(action)
          index += 1
          continue
        }
        switch action {
        case Tokenizer.isSpace: flush(into: &ids)
        case Tokenizer.isRemoved: break
        case Tokenizer.isPunctuation:
          flush(into: &ids)
          append(byte)
          flush(into: &ids)
        default:
          if findsTokens, let token = tokenizer.typedTokens.match(at: index, in: text) {
            flush(into: &ids)
            ids.append(token.id)
            if keepsRanges { ranges.append(start + index..<start + index + token.length) }
            index += token.length
            continue
          }
          let (code, length) = WordEncoder.decode(text, index)
          if keepsRanges { source = start + index..<start + index + length }
          encode(scalar: code, into: &ids)
          index += length
          continue
        }
        index += 1
      }
    }
    flush(into: &ids)
  }

  private func encode(scalar code: UInt32, into ids: inout [Int32]) {
    let table = tokenizer.scalars
    switch table.kind(code) {
    case .removed: return
    case .space: return flush(into: &ids)
    case .ideograph:
      flush(into: &ids)
      table.forEachFolded(code) { append(scalar: $0) }
      return flush(into: &ids)
    case .letter, .punctuation:
      if table.endsMarks(code) { marks.end() }
      if keepsRanges, table.isDropped(code), let last = sources.last, last.upperBound == source.lowerBound {
        // An accent that goes belongs to its letter.
        sources[sources.count - 1] = last.lowerBound..<source.upperBound
      }
      // A fold may change the class: the Greek question mark folds to a semicolon.
      table.forEachFolded(code) { folded in
        if table.kind(folded) == .punctuation {
          flush(into: &ids)
          append(scalar: folded)
          flush(into: &ids)
        } else if table.isMark(folded) {
          append(mark: folded)
        } else {
          append(scalar: folded)
        }
      }
    }
  }

  @inline(__always)
  private func append(_ byte: UInt8) {
    word.append(byte)
    wordScalars += 1
    hash = Vocabulary.mix(hash, byte)
    if keepsRanges { sources.append(source) }
  }

  /// A mark that decomposition keeps may have to go before those that it follows.
  private func append(mark code: UInt32) {
    let piece = Array(UTF8.encode(Unicode.Scalar(code)!)!)
    // A word that is too long becomes the unknown token whatever the order of its marks.
    let isTooLong = wordScalars > tokenizer.options.maximumWordLength
    let offset =
      isTooLong
      ? word.count : marks.insert(tokenizer.scalars.combiningClass(code), piece.count, at: word.count)
    word.insert(contentsOf: piece, at: offset)
    if keepsRanges { sources.insert(contentsOf: repeatElement(source, count: piece.count), at: offset) }
    // Made again once, when the word ends: for every mark it would take time with the square of their number.
    hashIsStale = true
    wordScalars += 1
  }

  private func append(scalar code: UInt32) {
    for byte in UTF8.encode(Unicode.Scalar(code)!)! {
      word.append(byte)
      hash = Vocabulary.mix(hash, byte)
      if keepsRanges { sources.append(source) }
    }
    wordScalars += 1
  }

  @inline(__always)
  private func flush(into ids: inout [Int32]) {
    if word.isEmpty { return }
    if hashIsStale {
      hash = word.reduce(Vocabulary.startSeed, Vocabulary.mix)
      hashIsStale = false
    }
    if let onWord {
      onWord(word)
    } else if keepsRanges {
      split(into: &ids)
      sources.removeAll(keepingCapacity: true)
    } else if !cache.append(word, hash, to: &ids) {
      let start = ids.count
      split(into: &ids)
      cache.store(word, hash, ids[start...])
    }
    word.removeAll(keepingCapacity: true)
    wordScalars = 0
    hash = Vocabulary.startSeed
  }

  /// Longest piece first, or the unknown token for the whole word.
  /// - Source: Wu et al. 2016, "Google's neural machine translation system", as in BERT's tokenization.py.
  private func split(into ids: inout [Int32]) {
    let start = ids.count
    let firstRange = ranges.count
    if wordScalars > tokenizer.options.maximumWordLength {
      ids.append(tokenizer.unkTokenID)
      return addRange(0, word.count)
    }
    word.withUnsafeBufferPointer { bytes in
      var from = 0
      while from < bytes.count {
        let limit = min(bytes.count, from + tokenizer.vocabulary.longestPiece)
        prefixHashes.removeAll(keepingCapacity: true)
        var hash = from == 0 ? Vocabulary.startSeed : Vocabulary.continuingSeed
        for index in from..<limit {
          hash = Vocabulary.mix(hash, bytes[index])
          prefixHashes.append(hash)
        }
        var end = limit
        while end > from {
          let piece = UnsafeBufferPointer(rebasing: bytes[from..<end])
          if let id = tokenizer.vocabulary.find(
            piece, hash: prefixHashes[end - from - 1], continuing: from > 0)
          {
            ids.append(id)
            addRange(from, end)
            break
          }
          end -= 1
        }
        if end == from {
          ids.removeSubrange(start...)
          ids.append(tokenizer.unkTokenID)
          if keepsRanges { ranges.removeSubrange(firstRange...) }
          return addRange(0, bytes.count)
        }
        from = end
      }
    }
  }

  /// Where the bytes from `from` to `end` of the word came from.
  private func addRange(_ from: Int, _ end: Int) {
    guard keepsRanges else { return }
    let lower = sources[from].lowerBound
    ranges.append(lower..<max(lower, sources[end - 1].upperBound))
  }

  /// One code point of UTF-8; a malformed byte reads as U+FFFD, which normalisation drops.
  static func decode(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> (code: UInt32, length: Int) {
    let first = text[index]
    if first < 0x80 { return (UInt32(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard first >= 0xC2, first < 0xF5, index + length <= text.count else { return (0xFFFD, 1) }
    var code = UInt32(first) & (length == 4 ? 0x07 : length == 3 ? 0x0F : 0x1F)
    for offset in 1..<length {
      let byte = text[index + offset]
      guard byte & 0xC0 == 0x80 else { return (0xFFFD, offset) }
      code = code << 6 | UInt32(byte & 0x3F)
    }
    let smallest: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
    guard code >= smallest, code < 0x110000, !(0xD800..<0xE000).contains(code) else {
      return (0xFFFD, length)
    }
    return (code, length)
  }
}
