import Files

/// Rows that were left out because they could not be used.
public struct SkippedRows: Sendable, Codable, Equatable {
  public struct Row: Sendable, Codable, Equatable {
    public let place: String
    /// With settings as `Setting.placeholder`
    public let reason: String
  }

  public private(set) var count = 0
  /// The first of them
  public private(set) var rows: [Row] = []
  /// More are counted, not kept.
  public static let longestList = 100_000

  public init() {}

  mutating func add(_ fault: FathomError) {
    count += 1
    guard rows.count < SkippedRows.longestList else { return }
    rows.append(Row(place: fault.place ?? "", reason: fault.what.text { $0.placeholder }))
  }
}
