/// The figure by which epochs, and models, are compared.
public enum Metric: String, Sendable, CaseIterable, Codable {
  case accuracy
  /// The classes' F1 scores with equal weight
  case macroF1 = "macro-f1"
  /// Mean cross-entropy; the lowest is the best
  case loss

  /// A figure that is larger the better the metrics are.
  public func score(_ metrics: Metrics) -> Double {
    switch self {
    case .accuracy: metrics.accuracy
    case .macroF1: metrics.macroF1
    case .loss: -metrics.loss
    }
  }
}
