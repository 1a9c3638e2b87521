import Foundation

/// A text with a weight on every token or word.
public struct Highlight: Sendable {
  public struct Part: Sendable, Equatable {
    /// As it stands in the text.
    public let text: String
    /// As the model has it; of a word, the sum over its pieces.
    public let weight: Double
    /// As the options normalise it: from 0 to 1 but for a z-score that is not cut.
    public let normalized: Double
    /// Standard deviations (over n − 1) from the mean of what is shown, not cut.
    public let zScore: Double
    /// The normalised weight minus that of the pretrained model; nil without one.
    public let normalizedDifference: Double?
    /// 0 to 4, in steps of 0.2 of ``normalized``; 0 is not coloured.
    public let band: Int
    /// Whether a space stands before it.
    public let isSpaced: Bool
  }

  /// What is shown where a second model takes part.
  public enum Comparison: Sendable { case weights, normalized }

  /// What a reader chooses.
  public struct Options: Sendable {
    public var method = HighlightMethod.lastLayerAverage
    public var layer = 0
    public var head = 0
    /// Of ``HighlightMethod/custom``.
    public var heads: [HeadPlace] = []
    /// The token whose attention is shown; 0 is [CLS].
    public var token = 0
    public var normalization = HighlightNormalization.minMax
    public var comparison = Comparison.weights
    public var showsSpecialTokens = false
    public var joinsWords = false

    public init() {}
  }

  public let parts: [Part]
  /// Whether weights below 0 mean something: what speaks against a class, or what fine-tuning took away.
  public let isSigned: Bool

  private struct Piece {
    var text: String
    var tokens: [Int]
    let isSpaced: Bool
  }

  /// - Parameter origin: another model's reading of the same tokens: weights then are the differences to it.
  /// - Precondition: the blocks, heads and token of the options exist; both readings have the same tokens.
  public init(_ reading: TextReading, _ options: Options, minus origin: TextReading? = nil) {
    let pieces = Highlight.pieces(reading, options)
    /// Clark et al. 2019, "What Does BERT Look At?", section 4.1: attention to a split word is the sum over
    /// its pieces.
    func total(_ reading: TextReading) -> [Double] {
      let weights = options.method.weights(reading, options)
      return pieces.map { $0.tokens.reduce(0) { $0 + weights[$1] } }
    }
    let own = total(reading)
    var weights = own
    var differences: [Double]?
    if let origin {
      precondition(origin.tokens == reading.tokens, "a difference needs two readings of the same tokens")
      let before = total(origin)
      let normalized = zip(options.normalization(own), options.normalization(before)).map { $0 - $1 }
      weights = options.comparison == .normalized ? normalized : zip(own, before).map { $0 - $1 }
      differences = normalized
    }
    isSigned = origin != nil || options.method.isSigned
    let normalized: [Double]
    if differences != nil, options.comparison == .normalized {
      normalized = weights.map(abs)
    } else {
      // What speaks for and against counts alike; a score that is not cut has a sign of its own.
      let isStrength = isSigned && options.normalization != .zScoreUncut
      normalized = options.normalization(isStrength ? weights.map(abs) : weights)
    }
    let scores = HighlightNormalization.zScoreUncut(weights)
    parts = pieces.indices.map { index in
      Part(
        text: pieces[index].text, weight: weights[index], normalized: normalized[index],
        zScore: scores[index],
        normalizedDifference: differences?[index], band: Highlight.band(normalized[index]),
        isSpaced: pieces[index].isSpaced)
    }
  }

  static func band(_ normalized: Double) -> Int { min(Int(min(max(normalized, 0), 1) * 5), 4) }

  /// What is shown: word pieces, or words of them.
  private static func pieces(_ reading: TextReading, _ options: Options) -> [Piece] {
    var pieces: [Piece] = []
    var lastWord = -1
    for (index, word) in reading.words.enumerated()
    where options.showsSpecialTokens || !reading.isSpecial[index] {
      if word == lastWord, options.joinsWords {
        pieces[pieces.count - 1].text += reading.texts[index]
        pieces[pieces.count - 1].tokens.append(index)
      } else {
        let isSpaced = reading.isSpaced[index] && !pieces.isEmpty
        pieces.append(Piece(text: reading.texts[index], tokens: [index], isSpaced: isSpaced))
      }
      lastWord = word
    }
    return pieces
  }
}
