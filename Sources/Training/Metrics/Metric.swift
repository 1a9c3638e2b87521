import Classification

/// The figure by which epochs, and models, are compared.
public enum Metric: String, Sendable, CaseIterable, Codable, Hashable {
  /// The share of texts whose answer is right; with several labels per text, all of them (exact match)
  case accuracy
  /// The classes' F1 scores with equal weight
  case macroF1 = "macro-f1"
  /// F1 of all decisions together
  case microF1 = "micro-f1"
  /// F1 of each text's labels, averaged over texts
  case sampleF1 = "sample-f1"
  /// Matthews' correlation
  case mcc
  /// Area under the ROC curve, the classes' with equal weight
  case auc
  /// Mean loss; the lowest is the best
  case loss
  /// Pearson's correlation of predicted with true numbers, the quantities' with equal weight
  case pearson
  /// The same of ranks
  case spearman
  /// Mean absolute error; the lowest is the best
  case mae
  /// Root of the mean squared error; the lowest is the best
  case rmse
  /// Share of the numbers' variance that is explained
  case r2

  public var isHigherBetter: Bool { ![.loss, .mae, .rmse].contains(self) }

  /// Whether it is a share or a correlation, which is written in percent.
  public var isShare: Bool { isHigherBetter }

  /// The values that it can have
  public var range: ClosedRange<Double> {
    switch self {
    case .accuracy, .macroF1, .microF1, .sampleF1, .auc: 0...1
    case .mcc, .pearson, .spearman: -1...1
    case .r2: -.infinity...1
    case .loss, .mae, .rmse: 0...(.infinity)
    }
  }

  /// In tables and sentences
  public var title: String {
    switch self {
    case .accuracy: "accuracy"
    case .macroF1: "macro-F1"
    case .microF1: "micro-F1"
    case .sampleF1: "sample-F1"
    case .mcc: "MCC"
    case .auc: "AUC"
    case .loss: "loss"
    case .pearson: "Pearson correlation"
    case .spearman: "Spearman correlation"
    case .mae: "mean absolute error"
    case .rmse: "root mean squared error"
    case .r2: "R²"
    }
  }

  /// What can be measured in a task.
  public static func available(in kind: TaskKind) -> [Metric] {
    switch kind {
    case .singleLabel: [.accuracy, .macroF1, .microF1, .mcc, .auc, .loss]
    case .multiLabel: [.accuracy, .macroF1, .microF1, .sampleF1, .mcc, .auc, .loss]
    case .regression: [.pearson, .spearman, .mae, .rmse, .r2, .loss]
    }
  }

  /// What is compared where the user does not say.
  public static func usual(in kind: TaskKind) -> Metric {
    switch kind {
    case .singleLabel: .accuracy
    case .multiLabel: .microF1
    case .regression: .pearson
    }
  }

  /// A figure that is larger the better the metrics are.
  public func score(_ metrics: Metrics) -> Double {
    guard let value = metrics[self] else { return -.infinity }
    return isHigherBetter ? value : -value
  }
}

extension Metric {
  /// A value as people read it: in percent where it is a share or a correlation.
  public func text(_ value: Double) -> String {
    isShare ? String(format: "%.2f %%", value * 100) : String(format: "%.4f", value)
  }
}

extension Metrics {
  /// The first figure that people ask for.
  public var headline: String {
    let metric: Metric = self[.pearson] != nil ? .pearson : self[.sampleF1] != nil ? .microF1 : .accuracy
    return self[metric].map { "\(metric.title) \(metric.text($0))" } ?? ""
  }

  /// The main figures in a line.
  public var summary: String {
    if self[.pearson] != nil {
      return [Metric.pearson, .spearman, .mae, .rmse, .r2].compactMap { metric in
        self[metric].map { String(format: "%@ %.4f", metric.title, $0) }
      }.joined(separator: "  ")
    }
    let first = String(format: "accuracy %.2f %%  macro-F1 %.4f", accuracy * 100, macroF1)
    guard let sampleF1 = self[.sampleF1], let microF1 = self[.microF1] else {
      return first + String(format: "  loss %.4f", loss)
    }
    return String(
      format: "exact match %.2f %%  micro-F1 %.4f  macro-F1 %.4f  sample-F1 %.4f  loss %.4f", accuracy * 100,
      microF1, macroF1, sampleF1, loss)
  }
}
