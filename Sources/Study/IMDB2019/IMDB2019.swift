import Classification
import Training

/// The study of 2019 on IMDB: its table and its protocol.
public enum IMDB2019 {
  /// The rows of its table, in its order.
  public static let variants: [String] = [
    "baseline-custom", "baseline-bert",
    "1VA", "1VF", "1LV", "1LC", "1LBD", "2VA", "2VF", "2LV", "2LC", "2LBD",
    "3VA", "3VF", "3LV", "3LC", "3LBD", "4VA", "4VF", "4LV", "4LBD",
    "5VA", "5VF", "5LV", "6VA", "6VF", "6LV", "12VA",
  ]

  /// Its test accuracies in percent, each of the epoch that was best on the test set.
  public static let accuracies: [String: Double] = [
    "baseline-custom": 86.23, "baseline-bert": 87.12, "1VA": 88.22, "1VF": 86.94, "1LV": 87.35,
    "1LC": 87.32, "1LBD": 86.84, "2VA": 89.03, "2VF": 88.87, "2LV": 88.85,
    "2LC": 88.36, "2LBD": 88.00, "3VA": 90.76, "3VF": 89.84, "3LV": 90.30,
    "3LC": 89.55, "3LBD": 88.20, "4VA": 91.30, "4VF": 90.29, "4LV": 90.96,
    "4LBD": 87.90, "5VA": 91.56, "5VF": 90.62, "5LV": 91.25, "6VA": 91.91,
    "6VF": 90.93, "6LV": 91.48, "12VA": 92.78,
  ]

  public static let epochs = 10
  public static let maximumLength = 512

  public static func batchSize(blocks: Int) -> Int { blocks <= 4 ? 32 : blocks <= 6 ? 16 : 8 }

  /// The rows of the table that a model of so many blocks can run, and those that it cannot.
  public static func variants(blocks: Int) throws -> (run: [Variant], leftOut: [Variant]) {
    let all = try variants.map { try Variant($0) }
    return (all.filter { $0.blockCount <= blocks }, all.filter { $0.blockCount > blocks })
  }
}
