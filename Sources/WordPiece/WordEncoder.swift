import Foundation

/// Turns bytes into ids; keeps the words it has met. One to a thread.
final class WordEncoder {
  private let tokenizer: Tokenizer
  private var word: [UInt8] = []
  private var wordScalars = 0
  private var hash = Vocabulary.startSeed
  private var prefixHashes: [UInt64] = []
  private var cache = WordCache()
  /// Hears every word instead of its being split into pieces.
  private let onWord: (([UInt8]) -> Void)?

  init(_ tokenizer: Tokenizer, onWord: (([UInt8]) -> Void)? = nil) {
    self.tokenizer = tokenizer
    self.onWord = onWord
    word.reserveCapacity(512)
  }

  /// Appends the ids of a text, without [CLS] and [SEP].
  func encode(_ text: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    tokenizer.asciiActions.withUnsafeBufferPointer { actions in
      var index = 0
      while index < text.count {
        let byte = text[index]
        let action = actions[Int(byte)]
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
          if let special = tokenizer.specialToken(at: index, in: text) {
            flush(into: &ids)
            ids.append(special.id)
            index += special.length
            continue
          }
          let (code, length) = WordEncoder.decode(text, index)
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
      // A fold may change the class: the Greek question mark folds to a semicolon.
      table.forEachFolded(code) { folded in
        if table.kind(folded) == .punctuation {
          flush(into: &ids)
          append(scalar: folded)
          flush(into: &ids)
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
  }

  private func append(scalar code: UInt32) {
    for byte in UTF8.encode(Unicode.Scalar(code)!)! {
      word.append(byte)
      hash = Vocabulary.mix(hash, byte)
    }
    wordScalars += 1
  }

  @inline(__always)
  private func flush(into ids: inout [Int32]) {
    if word.isEmpty { return }
    if let onWord {
      onWord(word)
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
    if wordScalars > tokenizer.options.maximumWordLength { return ids.append(tokenizer.unkTokenID) }
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
            break
          }
          end -= 1
        }
        if end == from {
          ids.removeSubrange(start...)
          return ids.append(tokenizer.unkTokenID)
        }
        from = end
      }
    }
  }

  /// One code point of UTF-8; a malformed byte reads as U+FFFD, which normalisation drops.
  private static func decode(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> (code: UInt32, length: Int)
  {
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

/// Words met so far with their ids; forgets everything when it grows past its limit.
private struct WordCache {
  private var slots = [Entry](repeating: Entry(), count: 1 << 15)
  private var bytes: [UInt8] = []
  private var ids: [Int32] = []
  private var count = 0

  private struct Entry {
    var hash: UInt64 = 0
    var start: Int32 = 0
    var length: Int32 = 0
    var idStart: Int32 = 0
    var idCount: Int32 = 0
  }

  @inline(__always)
  func append(_ word: [UInt8], _ hash: UInt64, to output: inout [Int32]) -> Bool {
    var slot = Int(truncatingIfNeeded: hash ^ (hash >> 31)) & (slots.count - 1)
    while true {
      let entry = slots[slot]
      if entry.length == 0 { return false }
      if entry.hash == hash, Int(entry.length) == word.count, matches(entry, word) {
        if entry.idCount == 1 {
          output.append(ids[Int(entry.idStart)])
        } else {
          output.append(contentsOf: ids[Int(entry.idStart)..<Int(entry.idStart + entry.idCount)])
        }
        return true
      }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private func matches(_ entry: Entry, _ word: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { known in
      word.withUnsafeBufferPointer {
        memcmp(known.baseAddress! + Int(entry.start), $0.baseAddress!, $0.count) == 0
      }
    }
  }

  mutating func store(_ word: [UInt8], _ hash: UInt64, _ found: ArraySlice<Int32>) {
    if word.count > 256 { return }
    if count * 2 > slots.count {
      if slots.count >= 1 << 18 { self = WordCache() } else { grow() }
    }
    insert(
      Entry(
        hash: hash, start: Int32(bytes.count), length: Int32(word.count), idStart: Int32(ids.count),
        idCount: Int32(found.count)))
    bytes += word
    ids += found
    count += 1
  }

  private mutating func insert(_ entry: Entry) {
    var slot = Int(truncatingIfNeeded: entry.hash ^ (entry.hash >> 31)) & (slots.count - 1)
    while slots[slot].length != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = entry
  }

  private mutating func grow() {
    let old = slots
    slots = [Entry](repeating: Entry(), count: old.count * 2)
    for entry in old where entry.length != 0 { insert(entry) }
  }
}
