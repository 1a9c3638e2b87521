/// Learns a WordPiece vocabulary from text, by merging the most frequent neighbours.
/// - Source: Sennrich, Haddow and Birch 2016, "Neural machine translation of rare words with subword units".
public enum VocabularyTrainer {
  /// The special tokens, every character as a start and as a continuation, then the merges.
  /// - Parameters:
  ///   - size: pieces at most; fewer when nothing is left to merge.
  ///   - minimumCount: of a pair that is merged.
  public static func train(_ counts: WordCounts, size: Int, minimumCount: Int = 2) -> Vocabulary {
    var words = counts.words.filter { $0.word.count <= 400 }.map { entry in
      let scalars = String(decoding: entry.word, as: UTF8.self).unicodeScalars.map(String.init)
      return (
        pieces: scalars.enumerated().map { $0.offset == 0 ? $0.element : "##" + $0.element },
        count: entry.count
      )
    }
    var known = Set<Key>()
    var tokens: [String] = []
    func add(_ piece: String) {
      if tokens.count < size, known.insert(Key(piece)).inserted { tokens.append(piece) }
    }
    WordCounts.specials.forEach(add)
    for piece in Set(words.flatMap { $0.pieces.map(Key.init) }).map(\.text).sorted() { add(piece) }

    var pairs: [Pair: Int] = [:]
    var places: [Pair: Set<Int>] = [:]
    func count(_ index: Int, _ sign: Int) {
      let word = words[index]
      for (left, right) in zip(word.pieces, word.pieces.dropFirst()) {
        let pair = Pair(Key(left), Key(right))
        pairs[pair, default: 0] += sign * word.count
        if sign > 0 { places[pair, default: []].insert(index) }
      }
    }
    for index in words.indices { count(index, 1) }
    while tokens.count < size {
      guard let best = pairs.max(by: { ($0.value, $1.key.text) < ($1.value, $0.key.text) }),
        best.value >= minimumCount
      else { break }
      let merged = best.key.left.text + best.key.right.text.dropFirst(2)
      add(merged)
      for index in places.removeValue(forKey: best.key) ?? [] {
        count(index, -1)
        words[index].pieces = merge(words[index].pieces, best.key, merged)
        count(index, 1)
      }
      pairs[best.key] = nil
    }
    return Vocabulary(tokens)
  }

  private static func merge(_ pieces: [String], _ pair: Pair, _ merged: String) -> [String] {
    var out: [String] = []
    for piece in pieces {
      if let last = out.last, Key(last) == pair.left, Key(piece) == pair.right {
        out[out.count - 1] = merged
      } else {
        out.append(piece)
      }
    }
    return out
  }

  /// A piece by its bytes: é and e with an accent are two.
  private struct Key: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (a: Key, b: Key) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

    func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
  }

  private struct Pair: Hashable {
    let left: Key
    let right: Key

    init(_ left: Key, _ right: Key) { (self.left, self.right) = (left, right) }

    var text: String { left.text + " " + right.text }
  }
}
