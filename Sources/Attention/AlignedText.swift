import WordPiece

/// A text as a model takes it, with each word piece as it was typed.
public struct AlignedText: Sendable {
  /// A word piece, [CLS] or [SEP].
  struct Piece: Sendable {
    let id: Int32
    /// What stands in the text; [CLS] and [SEP] as they are.
    var text: String
    /// Counted from 0, [CLS] and [SEP] too.
    var word: Int
    /// Whether a space stands before it.
    let isSpaced: Bool
  }

  let pieces: [Piece]
  /// Of the whole text, with [CLS] and [SEP].
  public let tokenCount: Int

  public var ids: [Int32] { pieces.map(\.id) }
  public var isTruncated: Bool { pieces.count < tokenCount }

  /// Tokens as they are, split into words by their `##`.
  init(tokens: [String]) {
    var word = -1
    pieces = tokens.enumerated().map { index, token in
      let continues = token.hasPrefix("##") && index > 0
      if !continues { word += 1 }
      let text = continues ? String(token.dropFirst(2)) : token
      return Piece(id: Int32(index), text: text, word: word, isSpaced: !continues)
    }
    tokenCount = tokens.count
  }

  /// - Parameter text: cleaned as the model has it.
  /// - Precondition: a maximum length of 2 or more.
  init(_ text: String, _ tokenizer: any Tokenizing, maximumLength: Int, truncation: Truncation) {
    let whole = AlignedText.pieces(text, tokenizer)
    let indices = truncation.apply((0..<whole.count).map(Int32.init), room: maximumLength - 2)
    let kept = indices.map { whole[Int($0)] }
    func special(_ id: Int32) -> Piece {
      Piece(id: id, text: tokenizer.token(id), word: -1, isSpaced: true)
    }
    var pieces = [special(tokenizer.clsTokenID)] + kept + [special(tokenizer.sepTokenID)]
    var word = 0
    var last = -1
    for index in pieces.indices {
      // Where head and tail meet, pieces of one word may be missing; [SEP] is a word of its own.
      if index > 0, pieces[index].word != last || pieces[index].word < 0 { word += 1 }
      last = pieces[index].word
      pieces[index].word = word
    }
    self.pieces = pieces
    tokenCount = whole.count + 2
  }

  /// Word by word; where the tokenizer sees other words than ``TypedWords``, the pieces are shown as the
  /// model has them.
  private static func pieces(_ text: String, _ tokenizer: any Tokenizing) -> [Piece] {
    let ids = inside(tokenizer.encode(text))
    let words = TypedWords(text).words
    let encoded = tokenizer.encode(
      words.map(\.text), maximumLength: nil, truncation: .head, threads: 1
    ).map(inside)
    guard encoded.joined().elementsEqual(ids) else { return unaligned(ids, tokenizer) }
    return zip(words, encoded).enumerated().flatMap { index, pair in
      let (word, ids) = pair
      let shares = word.divided(tokenizer.tokens(ids), folding: tokenizer.lowercases)
      return zip(ids, shares).enumerated().map { number, piece in
        Piece(
          id: piece.0, text: piece.1, word: index, isSpaced: number == 0 && word.isSpaced)
      }
    }
  }

  private static func unaligned(_ ids: [Int32], _ tokenizer: any Tokenizing) -> [Piece] {
    var word = -1
    return zip(ids, tokenizer.tokens(ids)).map { id, token in
      let continues = tokenizer.isContinuation(id) && word >= 0
      if !continues { word += 1 }
      return Piece(
        id: id, text: continues ? String(token.dropFirst(2)) : token, word: word, isSpaced: !continues)
    }
  }

  /// Without [CLS] and [SEP].
  private static func inside(_ ids: [Int32]) -> [Int32] { Array(ids.dropFirst().dropLast()) }
}
