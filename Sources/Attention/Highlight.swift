import Foundation

/// Which weights a highlighted text shows.
public enum HighlightMethod: Sendable, Equatable {
  case firstLayerAverage
  case lastLayerAverage
  case layerAverage(block: Int)
  case layerHead(HeadPlace)
  /// Mean over any heads
  case custom([HeadPlace])
  case rollout
  case gradientTimesInput

  /// Whether its weights are compared with the pretrained model's: not rollout, and gradients need a classifier.
  public var isComparable: Bool { self != .rollout && self != .gradientTimesInput }
}

/// How weights become a scale from 0 to 1.
public enum HighlightNormalization: String, Sendable, CaseIterable {
  /// `(w − min) / (max − min)`
  case minMax = "min-max"
  /// `(w − mean) / standard deviation`, what lies outside 0…1 cut off: an average token is 0, a deviation above it is 1.
  case zScore = "z-score"

  func callAsFunction(_ weights: [Double]) -> [Double] {
    guard let low = weights.min(), let high = weights.max(), high > low else { return weights.map { _ in 0 } }
    switch self {
    case .minMax: return weights.map { ($0 - low) / (high - low) }
    case .zScore:
      let mean = weights.reduce(0, +) / Double(weights.count)
      let deviation = (weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weights.count))
        .squareRoot()
      return weights.map { min(max(($0 - mean) / deviation, 0), 1) }
    }
  }
}

/// A text with a weight on every token or word.
public struct Highlight: Sendable {
  public struct Part: Sendable, Equatable {
    public let text: String
    /// As the model has it; of a word, the sum over its pieces.
    public let weight: Double
    /// 0 to 1
    public let normalized: Double
    /// 0 to 4, in steps of 0.2 of ``normalized``; 0 is not coloured.
    public let band: Int
    /// Whether a space stands before it.
    public let isSpaced: Bool
  }

  /// What a reader chooses.
  public struct Options: Sendable {
    public var method = HighlightMethod.lastLayerAverage
    public var normalization = HighlightNormalization.minMax
    /// The token whose attention is shown; 0 is [CLS].
    public var token = 0
    public var showsSpecialTokens = false
    public var joinsWords = false

    public init() {}
  }

  public let parts: [Part]
  /// Whether weights below 0 mean something: what speaks against a class, or what fine-tuning took away.
  public let isSigned: Bool

  /// - Parameter origin: another model's reading of the same tokens: weights then are the differences to it.
  /// - Precondition: the blocks, heads and token of the options exist; both readings have the same tokens.
  public init(_ reading: TextReading, _ options: Options, minus origin: TextReading? = nil) {
    var weights = Highlight.weights(reading, options)
    if let origin {
      precondition(origin.tokens == reading.tokens, "a difference needs two readings of the same tokens")
      weights = zip(weights, Highlight.weights(origin, options)).map { $0 - $1 }
    }
    var pieces: [(text: String, weight: Double, isSpaced: Bool)] = []
    var lastWord = -1
    for (index, word) in reading.words.enumerated()
    where options.showsSpecialTokens || !reading.isSpecial[index] {
      let continues = word == lastWord
      let text = continues ? String(reading.tokens[index].dropFirst(2)) : reading.tokens[index]
      if continues, options.joinsWords {
        pieces[pieces.count - 1].text += text
        // Clark et al. 2019, "What Does BERT Look At?", section 4.1: attention to a split word is the sum over its pieces.
        pieces[pieces.count - 1].weight += weights[index]
      } else {
        pieces.append((text, weights[index], !continues && !pieces.isEmpty))
      }
      lastWord = word
    }
    // What speaks for a class and what speaks against it count alike: the sign is shown beside the strength.
    let isSigned = origin != nil || options.method == .gradientTimesInput
    self.isSigned = isSigned
    let normalized = options.normalization(pieces.map { isSigned ? abs($0.weight) : $0.weight })
    parts = zip(pieces, normalized).map { piece, value in
      Part(
        text: piece.text, weight: piece.weight, normalized: value, band: Highlight.band(value),
        isSpaced: piece.isSpaced)
    }
  }

  /// - Parameter normalized: from 0 to 1
  static func band(_ normalized: Double) -> Int { min(Int(normalized * 5), 4) }

  private static func weights(_ reading: TextReading, _ options: Options) -> [Double] {
    func average(_ block: Int) -> [Double] {
      reading.averageWeights(
        (0..<reading.headCount).map { HeadPlace(block: block, head: $0) }, from: options.token)
    }
    switch options.method {
    case .firstLayerAverage: return average(0)
    case .lastLayerAverage: return average(reading.blocks.count - 1)
    case .layerAverage(let block): return average(block)
    case .layerHead(let place): return reading.averageWeights([place], from: options.token)
    case .custom(let places): return reading.averageWeights(places, from: options.token)
    case .rollout:
      let length = reading.tokens.count
      return reading.rollout[options.token * length..<(options.token + 1) * length].map(Double.init)
    case .gradientTimesInput: return reading.attributions
    }
  }
}
