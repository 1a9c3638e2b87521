import Classification
import Foundation

/// How far probabilities can be taken at their word.
public struct Calibration: Codable, Sendable, Equatable {
  /// Answers of like confidence
  public struct Bin: Codable, Sendable, Equatable {
    public let count: Int
    /// Mean probability of the answers given
    public let confidence: Double
    /// Share of them that were right
    public let accuracy: Double
  }

  /// Ten of equal width that are not empty
  public let bins: [Bin]
  /// Expected calibration error: the bins' gaps, weighted by their sizes.
  /// - Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
  public let expectedError: Double
  /// Mean squared distance of the probabilities from the truth, summed over classes.
  /// - Source: Brier 1950, "Verification of forecasts expressed in terms of probability".
  public let brier: Double

  enum CodingKeys: String, CodingKey {
    case bins, brier
    case expectedError = "ece"
  }

  init(confidences: [Double], isRight: [Bool], brier: Double) {
    var counts = [Int](repeating: 0, count: 10)
    var sums = [Double](repeating: 0, count: 10), hits = sums
    for (confidence, isRight) in zip(confidences, isRight) {
      let bin = min(9, max(0, Int(confidence * 10)))
      counts[bin] += 1
      sums[bin] += confidence
      if isRight { hits[bin] += 1 }
    }
    bins = counts.indices.filter { counts[$0] > 0 }.map { bin in
      let count = Double(counts[bin])
      return Bin(count: counts[bin], confidence: sums[bin] / count, accuracy: hits[bin] / count)
    }
    let all = Double(max(confidences.count, 1))
    expectedError = bins.reduce(0) { $0 + Double($1.count) / all * abs($1.confidence - $1.accuracy) }
    self.brier = brier
  }

  /// The temperature at which the mean loss of held-out examples is lowest, from 0.05 to 20: golden-section
  /// search over its logarithm, in which the loss of a softmax and of sigmoids has one valley.
  public static func temperature(task: any TextTask, logits: [[Float]], targets: [Target]) -> Double {
    func loss(_ logTemperature: Double) -> Double {
      let temperature = Foundation.exp(logTemperature)
      return zip(logits, targets).reduce(0) { sum, pair in
        let row = pair.0.map { Double($0) / temperature }
        switch pair.1 {
        case .label(let target):
          let top = row.max() ?? 0
          return sum + Foundation.log(row.reduce(0) { $0 + Foundation.exp($1 - top) }) + top - row[target]
        case .labels(let labels):
          return sum + ExampleScores.binaryCrossEntropy(row, Set(labels))
        case .values: return sum
        }
      }
    }
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (Foundation.log(0.05), Foundation.log(20.0))
    var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
    var (lossLeft, lossRight) = (loss(left), loss(right))
    for _ in 0..<40 {
      if lossLeft <= lossRight {
        (high, right, lossRight) = (right, left, lossLeft)
        left = high - ratio * (high - low)
        lossLeft = loss(left)
      } else {
        (low, left, lossLeft) = (left, right, lossRight)
        right = low + ratio * (high - low)
        lossRight = loss(right)
      }
    }
    return Foundation.exp((low + high) / 2)
  }
}
