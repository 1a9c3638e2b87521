import WordPiece

/// What a model reads of a text, with each word piece as it was typed.
public struct AlignedText: Sendable {
  /// A word piece, [CLS] or [SEP].
  struct Piece: Sendable {
    /// What stands in the text; [CLS] and [SEP] as they are.
    var text: String
    /// Counted from 0, [CLS] and [SEP] too.
    var word: Int
    /// Whether a space stands before it.
    let isSpaced: Bool
  }

  public let encoded: EncodedText
  /// One for each id.
  let pieces: [Piece]

  /// Tokens as they are, split into words by their `##`.
  init(tokens: [String]) {
    var word = -1
    pieces = tokens.enumerated().map { index, token in
      let continues = token.hasPrefix("##") && index > 0
      if !continues { word += 1 }
      let text = continues ? String(token.dropFirst(2)) : token
      return Piece(text: text, word: word, isSpaced: !continues)
    }
    encoded = EncodedText(ids: tokens.indices.map(Int32.init), tokenCount: tokens.count)
  }

  /// - Parameter text: cleaned as the model has it.
  /// - Precondition: a maximum length of 2 or more.
  init(_ text: String, _ tokenizer: any Tokenizing, maximumLength: Int, truncation: Truncation) {
    let ids = AlignedText.inside(tokenizer.encode(text))
    let (first, last) = (tokenizer.clsTokenID, tokenizer.sepTokenID)
    encoded = EncodedText(
      ids: [first] + truncation.apply(ids, room: maximumLength - 2) + [last], tokenCount: ids.count + 2)
    func special(_ id: Int32) -> Piece { Piece(text: tokenizer.token(id), word: -1, isSpaced: true) }
    let kept = truncation.apply(AlignedText.pieces(text, ids, tokenizer), room: maximumLength - 2)
    var pieces = [special(first)] + kept + [special(last)]
    var word = 0
    var previous = -1
    for index in pieces.indices {
      // Where head and tail meet, pieces of one word may be missing; [SEP] is a word of its own.
      if index > 0, pieces[index].word != previous || pieces[index].word < 0 { word += 1 }
      previous = pieces[index].word
      pieces[index].word = word
    }
    self.pieces = pieces
  }

  /// Word by word; where the tokenizer sees other words than ``TypedWords``, the pieces are shown as the
  /// model has them.
  /// - Parameter ids: of the whole text, without [CLS] and [SEP].
  private static func pieces(_ text: String, _ ids: [Int32], _ tokenizer: any Tokenizing) -> [Piece] {
    let words = TypedWords(text).words
    let encoded = tokenizer.encode(
      words.map(\.text), maximumLength: nil, truncation: .head, threads: 1
    ).map(inside)
    guard encoded.joined().elementsEqual(ids) else { return unaligned(ids, tokenizer) }
    return zip(words, encoded).enumerated().flatMap { index, pair in
      let (word, ids) = pair
      let shares = word.divided(tokenizer.tokens(ids), folding: tokenizer.lowercases)
      return shares.enumerated().map { number, text in
        Piece(text: text, word: index, isSpaced: number == 0 && word.isSpaced)
      }
    }
  }

  private static func unaligned(_ ids: [Int32], _ tokenizer: any Tokenizing) -> [Piece] {
    var word = -1
    return zip(ids, tokenizer.tokens(ids)).map { id, token in
      let continues = tokenizer.isContinuation(id) && word >= 0
      if !continues { word += 1 }
      return Piece(text: continues ? String(token.dropFirst(2)) : token, word: word, isSpaced: !continues)
    }
  }

  /// Without [CLS] and [SEP].
  private static func inside(_ ids: [Int32]) -> [Int32] { Array(ids.dropFirst().dropLast()) }
}
