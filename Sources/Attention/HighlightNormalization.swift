/// How weights become a scale from 0 to 1; `normalizations` in `methods.js` has the same ones.
public enum HighlightNormalization: String, Sendable, CaseIterable {
  /// `(w − min) / (max − min)`
  case minMax = "min-max"
  /// `(w − mean) / standard deviation` over n, what lies outside 0…1 cut off: an average token is 0, a
  /// deviation above it is 1.
  case zScore = "z-score"
  /// `(w − mean) / standard deviation` over n − 1, not cut, as the study of 2019 has it.
  case zScoreUncut = "z-score-uncut"

  func callAsFunction(_ weights: [Double]) -> [Double] {
    guard let low = weights.min(), let high = weights.max(), high > low else { return weights.map { _ in 0 } }
    switch self {
    case .minMax: return weights.map { ($0 - low) / (high - low) }
    case .zScore: return scores(weights, over: weights.count).map { min(max($0, 0), 1) }
    case .zScoreUncut: return scores(weights, over: weights.count - 1)
    }
  }

  private func scores(_ weights: [Double], over divisor: Int) -> [Double] {
    let mean = weights.reduce(0, +) / Double(weights.count)
    let squares = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / Double(divisor)).squareRoot()
    return weights.map { ($0 - mean) / deviation }
  }
}
