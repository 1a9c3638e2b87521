import Foundation

/// Labels that look wrong: a linear model of words and pairs of words, which did not see the example, is sure
/// of another one.
///
/// An example counts where the model's probability of another class is at least the mean that its own
/// examples have of it ("confident joint").
/// - Source: Northcutt, Jiang, Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels".
public struct LabelNoise: Codable, Sendable {
  public struct Suspect: Codable, Sendable, Equatable {
    public let place: String
    public let label: String
    public let likelier: String
    /// What the model gives the likelier class, and the label
    public let probability: Double
    public let labelProbability: Double
    public let text: String
  }

  /// Examples that were looked at: all, or a stratified sample of a large set
  public let examples: Int
  /// Share of them that the model gets right without having seen them
  public let accuracy: Double
  public let suspectCount: Int
  /// The clearest first
  public let suspects: [Suspect]

  static let foldCount = 5
  static let shownSuspects = 20
  /// Products of a training pass, so that it ends in seconds
  private static let workLimit = 60_000_000

  /// nil for a set that is too small to tell.
  init?(_ data: DataSet) throws {
    guard case .classes = data.meaning, data.count >= 50, data.classes.count >= 2, data.classes.count <= 200
    else { return nil }
    // Rows of about 100 features each, each with a weight for each class.
    let limit = max(1000, LabelNoise.workLimit / (100 * data.classes.count))
    let sample = data.limited(to: min(limit, 100_000), seed: 1)
    let features = try HashedFeatures(sample)
    let folds = Stratification(sample).folds(LabelNoise.foldCount, seed: 1)
    let targets = sample.targets.map { $0 }
    var probabilities = [Float](repeating: 0, count: sample.count * data.classes.count)
    for fold in 0..<LabelNoise.foldCount {
      let rows = folds.indices.filter { folds[$0] != Int32(fold) }
      let model = LinearModel(features, targets, rows: rows, classCount: data.classes.count)
      for row in folds.indices where folds[row] == Int32(fold) {
        let own = model.probabilities(features, row)
        probabilities.replaceSubrange(row * own.count..<(row + 1) * own.count, with: own)
      }
    }
    self.init(sample, data, targets, probabilities)
  }

  private init(_ sample: DataSet, _ data: DataSet, _ targets: [Int], _ probabilities: [Float]) {
    let classCount = data.classes.count
    var sums = [Double](repeating: 0, count: classCount), counts = [Int](repeating: 0, count: classCount)
    for (row, target) in targets.enumerated() {
      sums[target] += Double(probabilities[row * classCount + target])
      counts[target] += 1
    }
    let thresholds = zip(sums, counts).map { $0 / Double(max($1, 1)) }
    var found: [(row: Int, likelier: Int, margin: Float)] = []
    var right = 0
    for (row, target) in targets.enumerated() {
      let own = probabilities[row * classCount..<(row + 1) * classCount]
      let best = own.indices.max { own[$0] < own[$1] }! - own.startIndex
      if best == target {
        right += 1
      } else if Double(own[own.startIndex + best]) >= thresholds[best] {
        found.append((row, best, own[own.startIndex + best] - own[own.startIndex + target]))
      }
    }
    found.sort { $0.margin == $1.margin ? $0.row < $1.row : $0.margin > $1.margin }
    examples = targets.count
    accuracy = Double(right) / Double(max(targets.count, 1))
    suspectCount = found.count
    suspects = found.prefix(LabelNoise.shownSuspects).map { suspect in
      let (row, target) = (suspect.row, targets[suspect.row])
      let whole = sample.texts.row(row)
      return Suspect(
        place: DataInspection.place(Int32(whole), data), label: data.classes[target],
        likelier: data.classes[suspect.likelier],
        probability: Double(probabilities[row * classCount + suspect.likelier]),
        labelProbability: Double(probabilities[row * classCount + target]),
        text: LabelNoise.excerpt(sample.texts[row]))
    }
  }

  private static func excerpt(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).prefix(24).joined(separator: " ")
    return words.count > 120 ? words.prefix(119) + "…" : words
  }
}

/// Words and pairs of neighbours of each text, hashed; a text has each one once.
struct HashedFeatures {
  static let bits = 18
  private(set) var numbers: [UInt32] = []
  /// Where each text's numbers end
  private(set) var ends: [Int] = []

  init(_ data: DataSet) throws {
    var seen: Set<UInt32> = []
    for row in 0..<data.count {
      seen.removeAll(keepingCapacity: true)
      var previous: UInt64 = 0
      var text = try data.texts.text(row).lowercased()
      text.withUTF8 { bytes in
        var word: UInt64 = HashedFeatures.empty
        for index in 0...bytes.count {
          let byte = index < bytes.count ? bytes[index] : 0x20
          if HashedFeatures.isPartOfWord(byte) {
            word = (word ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
          } else if word != HashedFeatures.empty {
            seen.insert(HashedFeatures.folded(word))
            if previous != 0 {
              seen.insert(HashedFeatures.folded((previous &* 31) ^ word &* 0x9E37_79B9_7F4A_7C15))
            }
            (previous, word) = (word, HashedFeatures.empty)
          }
        }
      }
      numbers += seen.sorted().prefix(2000)
      ends.append(numbers.count)
    }
  }

  func row(_ index: Int) -> ArraySlice<UInt32> { numbers[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

  private static let empty: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Letters, digits, and every byte of a character that is not ASCII
  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    byte >= 0x80 || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x27
  }

  private static func folded(_ hash: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> (64 - UInt64(bits)))
  }
}

/// Multinomial logistic regression on hashed features, by AdaGrad.
/// - Source: Duchi, Hazan, Singer 2011, "Adaptive Subgradient Methods".
private struct LinearModel {
  private var weights: [Float]
  private var bias: [Float]
  private let classCount: Int
  private static let epochs = 4
  private static let rate: Float = 0.15

  init(_ features: HashedFeatures, _ targets: [Int], rows: [Int], classCount: Int) {
    self.classCount = classCount
    weights = [Float](repeating: 0, count: classCount << HashedFeatures.bits)
    bias = [Float](repeating: 0, count: classCount)
    var squares = [Float](repeating: 1e-3, count: weights.count)
    var order = rows
    var generator = SeededGenerator(seed: 1)
    var scores = [Float](repeating: 0, count: classCount)
    for _ in 0..<LinearModel.epochs {
      order.shuffle(using: &generator)
      for row in order {
        let numbers = features.row(row)
        if numbers.isEmpty { continue }
        let value = 1 / Float(numbers.count).squareRoot()
        score(numbers, value, &scores)
        scores[targets[row]] -= 1
        weights.withUnsafeMutableBufferPointer { weights in
          squares.withUnsafeMutableBufferPointer { squares in
            for number in numbers {
              let start = Int(number) * classCount
              for index in 0..<classCount {
                let gradient = scores[index] * value
                squares[start + index] += gradient * gradient
                weights[start + index] -= LinearModel.rate * gradient / squares[start + index].squareRoot()
              }
            }
          }
        }
        for index in 0..<classCount { bias[index] -= 0.01 * scores[index] }
      }
    }
  }

  func probabilities(_ features: HashedFeatures, _ row: Int) -> [Float] {
    let numbers = features.row(row)
    var scores = [Float](repeating: 0, count: classCount)
    score(numbers, numbers.isEmpty ? 0 : 1 / Float(numbers.count).squareRoot(), &scores)
    return scores
  }

  /// Softmax of the weighted sums.
  private func score(_ numbers: ArraySlice<UInt32>, _ value: Float, _ scores: inout [Float]) {
    for index in 0..<classCount { scores[index] = bias[index] }
    weights.withUnsafeBufferPointer { weights in
      for number in numbers {
        let start = Int(number) * classCount
        for index in 0..<classCount { scores[index] += value * weights[start + index] }
      }
    }
    let greatest = scores.max()!
    var sum: Float = 0
    for index in 0..<classCount {
      scores[index] = exp(scores[index] - greatest)
      sum += scores[index]
    }
    for index in 0..<classCount { scores[index] /= sum }
  }
}
