/// A way to give each token a weight, by the name that a reader gives.
///
/// A new one is a case here, with its choices and its weights, and an entry of `methods.js` for the page.
public enum HighlightMethod: String, Sendable, CaseIterable {
  case lastLayerAverage = "last-layer-average"
  case firstLayerAverage = "first-layer-average"
  case layerAverage = "layer-average"
  case layerHead = "layer-head"
  /// Mean over any heads.
  case custom
  /// Attention followed through all blocks.
  case rollout
  /// What speaks for the predicted class.
  case gradientTimesInput = "gradient-x-input"

  public enum Choice: Sendable { case layer, head, heads, token }

  /// What it depends on; the other choices have no effect.
  public var choices: Set<Choice> {
    switch self {
    case .firstLayerAverage, .lastLayerAverage, .rollout: [.token]
    case .layerAverage: [.layer, .token]
    case .layerHead: [.layer, .head, .token]
    case .custom: [.heads, .token]
    case .gradientTimesInput: []
    }
  }

  /// Whether its weights can be compared with the pretrained model's, since they are those of attention
  /// heads.
  public var isComparable: Bool { self != .rollout && self != .gradientTimesInput }

  /// Whether a weight below 0 means something by itself.
  public var isSigned: Bool { self == .gradientTimesInput }

  public var needsClassifier: Bool { self == .gradientTimesInput }

  /// A weight for each token `[L]`.
  func weights(_ reading: TextReading, _ options: Highlight.Options) -> [Double] {
    func average(_ block: Int) -> [Double] {
      let heads = (0..<reading.headCount).map { HeadPlace(block: block, head: $0) }
      return reading.averageWeights(heads, from: options.token)
    }
    switch self {
    case .firstLayerAverage: return average(0)
    case .lastLayerAverage: return average(reading.blocks.count - 1)
    case .layerAverage: return average(options.layer)
    case .layerHead:
      return reading.weights(block: options.layer, head: options.head, from: options.token)
    case .custom: return reading.averageWeights(options.heads, from: options.token)
    case .rollout:
      let length = reading.tokens.count
      return reading.rollout[options.token * length..<(options.token + 1) * length].map(Double.init)
    case .gradientTimesInput: return reading.attributions
    }
  }
}
