/// Decisions on one class or label: how often it was there and how often it was given.
struct BinaryCounts: Sendable, Equatable {
  var hits = 0
  /// Given where it was not there
  var falseAlarms = 0
  /// There and not given
  var misses = 0
  var rejections = 0

  mutating func add(isThere: Bool, isGiven: Bool) {
    switch (isThere, isGiven) {
    case (true, true): hits += 1
    case (false, true): falseAlarms += 1
    case (true, false): misses += 1
    case (false, false): rejections += 1
    }
  }

  static func + (a: BinaryCounts, b: BinaryCounts) -> BinaryCounts {
    BinaryCounts(
      hits: a.hits + b.hits, falseAlarms: a.falseAlarms + b.falseAlarms, misses: a.misses + b.misses,
      rejections: a.rejections + b.rejections)
  }

  /// 0 where nothing was given
  var precision: Double { BinaryCounts.share(hits, hits + falseAlarms) }
  /// 0 where it never was there
  var recall: Double { BinaryCounts.share(hits, hits + misses) }
  /// 0 where it neither was there nor given
  var f1: Double { BinaryCounts.share(2 * hits, 2 * hits + falseAlarms + misses) }

  /// 0 where one side never varies
  /// - Source: Matthews 1975, "Comparison of the predicted and observed secondary structure of T4 phage
  ///   lysozyme".
  var correlation: Double {
    let (tp, fp, fn, tn) = (Double(hits), Double(falseAlarms), Double(misses), Double(rejections))
    let product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return product > 0 ? (tp * tn - fp * fn) / product.squareRoot() : 0
  }

  private static func share(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}

/// What was found of one class or label.
public struct ClassFigures: Codable, Sendable, Equatable {
  public let precision: Double
  public let recall: Double
  public let f1: Double
  /// Texts that have it
  public let support: Int
  /// Area under the ROC curve; nil where all texts have it or none has
  public let auc: Double?

  init(_ counts: BinaryCounts, auc: Double?) {
    precision = counts.precision
    recall = counts.recall
    f1 = counts.f1
    support = counts.hits + counts.misses
    self.auc = auc
  }
}
