import Classification
import Foundation

/// How a model read one text: the queries and keys of every block, from which any attention weight follows.
///
/// Blocks, heads and tokens are counted from 0, as in a checkpoint's names. L is the number of tokens, D the
/// size of a head, N their number.
public struct TextReading: Sendable {
  /// A block's `[L,N·D]`, row by row
  public struct Block: Sendable {
    public let queries: [Float]
    public let keys: [Float]
  }

  /// Word pieces, with `[CLS]` and `[SEP]`
  public let tokens: [String]
  public let isSpecial: [Bool]
  /// Each token as it was typed
  public let texts: [String]
  /// The word that each token belongs to
  public let words: [Int]
  /// Whether a space stands before it
  public let isSpaced: [Bool]
  /// Of the whole text; more than there are tokens where the text was cut to the model's length
  public let tokenCount: Int
  public let blocks: [Block]
  public let headCount: Int
  public let headSize: Int
  /// `[L,L]`: what each token's output holds of each input (``AttentionModel/rollout``).
  public let rollout: [Float]
  /// nil where no classifier stands on the encoder
  public let prediction: Prediction?
  /// Each token's gradient × input towards the predicted class; above 0 speaks for it. Empty without a
  /// classifier.
  public let attributions: [Double]

  public var isTruncated: Bool { tokens.count < tokenCount }

  init(
    _ text: AlignedText, tokens: [String], isSpecial: [Bool], blocks: [Block], headCount: Int, headSize: Int,
    rollout: [Float], prediction: Prediction?, attributions: [Double]
  ) {
    self.tokens = tokens
    self.isSpecial = isSpecial
    texts = text.pieces.map(\.text)
    words = text.pieces.map(\.word)
    isSpaced = text.pieces.map(\.isSpaced)
    tokenCount = text.encoded.tokenCount
    self.blocks = blocks
    self.headCount = headCount
    self.headSize = headSize
    self.rollout = rollout
    self.prediction = prediction
    self.attributions = attributions
  }

  /// `softmax(q kᵀ / √D)` of one head for one token: the weight it gives to every token; their sum is 1.
  /// - Source: Vaswani et al. 2017, "Attention is all you need", equation 1.
  /// - Precondition: block, head and token exist.
  public func weights(block: Int, head: Int, from token: Int) -> [Double] {
    let (width, start) = (headCount * headSize, head * headSize)
    let (queries, keys) = (blocks[block].queries, blocks[block].keys)
    let scale = 1 / Double(headSize).squareRoot()
    let scores = tokens.indices.map { other in
      var dot: Float = 0
      for d in 0..<headSize { dot += queries[token * width + start + d] * keys[other * width + start + d] }
      return Double(dot) * scale
    }
    let top = scores.max() ?? 0
    let exponentials = scores.map { exp($0 - top) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// Mean over heads.
  public func averageWeights(_ heads: [HeadPlace], from token: Int) -> [Double] {
    var sum = [Double](repeating: 0, count: tokens.count)
    for head in heads {
      for (index, weight) in weights(block: head.block, head: head.head, from: token).enumerated() {
        sum[index] += weight
      }
    }
    return sum.map { $0 / Double(max(heads.count, 1)) }
  }
}

/// A head of a model.
public struct HeadPlace: Hashable, Sendable {
  public let block: Int
  public let head: Int

  public init(block: Int, head: Int) {
    self.block = block
    self.head = head
  }
}
