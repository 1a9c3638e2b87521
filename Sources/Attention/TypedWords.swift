import Foundation

/// The words of a text as they were typed: between spaces, with each punctuation mark and each ideograph
/// alone, as BERT splits them.
/// - Source: `BasicTokenizer` of google-research/bert, `tokenization.py`.
struct TypedWords {
  struct Word {
    var text: String
    /// Whether a space stands before it.
    let isSpaced: Bool
  }

  private(set) var words: [Word] = []

  init(_ text: String) {
    var isSpaced = false
    var isOpen = false
    for scalar in text.unicodeScalars {
      if scalar.properties.isWhitespace {
        isSpaced = true
        isOpen = false
      } else if TypedWords.standsAlone(scalar) {
        words.append(Word(text: String(scalar), isSpaced: isSpaced))
        isSpaced = false
        isOpen = false
      } else if isOpen {
        words[words.count - 1].text.unicodeScalars.append(scalar)
      } else {
        words.append(Word(text: String(scalar), isSpaced: isSpaced))
        isSpaced = false
        isOpen = true
      }
    }
  }

  private static func standsAlone(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    let isASCIIMark =
      (33...47).contains(value) || (58...64).contains(value) || (91...96).contains(value)
      || (123...126).contains(value)
    if isASCIIMark || scalar.properties.isIdeographic { return true }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }
}

extension TypedWords.Word {
  /// The word cut where its pieces end, one text for each piece; together they are the word.
  /// - Parameter folding: whether pieces are in lower case and without accents, which may take more or fewer
  ///   scalars.
  func divided(_ pieces: [String], folding: Bool) -> [String] {
    guard pieces.count > 1 else { return pieces.isEmpty ? [] : [text] }
    var rest = Substring(text)
    return pieces.enumerated().map { index, piece in
      if index == pieces.count - 1 { return String(rest) }
      let length = (index == 0 ? piece : String(piece.dropFirst(2))).unicodeScalars.count
      var taken = 0
      let end = rest.firstIndex { character in
        if taken >= length { return true }
        let plain = String(character).folding(options: .diacriticInsensitive, locale: nil).lowercased()
        taken += (folding ? plain : String(character)).unicodeScalars.count
        return false
      }
      let part = rest[..<(end ?? rest.endIndex)]
      rest = rest[(end ?? rest.endIndex)...]
      return String(part)
    }
  }
}
