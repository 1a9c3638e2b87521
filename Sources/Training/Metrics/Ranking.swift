/// Figures of scores that order texts.
enum Ranking {
  /// The rank of each value, from 1; equal ones share the mean of theirs.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// The chance that a text with the label scores higher than one without it, ties by half.
  /// - Source: Hanley and McNeil 1982, "The meaning and use of the area under a ROC curve".
  static func auc(_ scores: [Double], _ isThere: [Bool]) -> Double? {
    let positives = isThere.count { $0 }
    let negatives = isThere.count - positives
    guard positives > 0, negatives > 0 else { return nil }
    let sum = zip(ranks(scores), isThere).reduce(0.0) { $0 + ($1.1 ? $1.0 : 0) }
    let (m, n) = (Double(positives), Double(negatives))
    return (sum - m * (m + 1) / 2) / (m * n)
  }

  /// 0 where one side does not vary
  static func pearson(_ a: [Double], _ b: [Double]) -> Double {
    let (meanA, meanB) = (mean(a), mean(b))
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += (x - meanA) * (y - meanB)
      aa += (x - meanA) * (x - meanA)
      bb += (y - meanB) * (y - meanB)
    }
    return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
  }

  static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}
