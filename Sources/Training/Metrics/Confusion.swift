/// How often each class was taken for each other: the counts that are not 0, so that its size follows the
/// examples and not the square of the classes.
public struct Confusion: Sendable, Equatable {
  public struct Cell: Sendable, Equatable {
    public let target: Int
    public let predicted: Int
    public let count: Int
  }

  public let classCount: Int
  /// By target, then by predicted class
  public let cells: [Cell]

  /// - Precondition: as many targets as predictions, all from 0 to below `classCount`.
  public init(targets: some Collection<Int>, predictions: [Int], classCount: Int) {
    precondition(targets.count == predictions.count, "a prediction for each target")
    var counts: [Int: Int] = [:]
    for (target, predicted) in zip(targets, predictions) {
      precondition(target < classCount && predicted < classCount, "a class outside 0..<\(classCount)")
      counts[target * classCount + predicted, default: 0] += 1
    }
    self.classCount = classCount
    cells = counts.sorted { $0.key < $1.key }.map {
      Cell(target: $0.key / classCount, predicted: $0.key % classCount, count: $0.value)
    }
  }

  /// Rows are true classes, columns predicted ones.
  /// - Precondition: as many columns as rows.
  public init(rows: [[Int]]) {
    precondition(rows.allSatisfy { $0.count == rows.count }, "a confusion matrix is square")
    classCount = rows.count
    cells = rows.enumerated().flatMap { target, row in
      row.enumerated().filter { $0.element != 0 }.map {
        Cell(target: target, predicted: $0.offset, count: $0.element)
      }
    }
  }

  private init(classCount: Int, cells: [Cell]) {
    self.classCount = classCount
    self.cells = cells
  }

  public subscript(target: Int, predicted: Int) -> Int {
    cells.first { $0.target == target && $0.predicted == predicted }?.count ?? 0
  }

  /// `[C][C]`, for few classes.
  public var rows: [[Int]] {
    var rows = [[Int]](repeating: [Int](repeating: 0, count: classCount), count: classCount)
    for cell in cells { rows[cell.target][cell.predicted] = cell.count }
    return rows
  }

  /// The most frequent mistakes, at most so many.
  public func worst(_ limit: Int) -> [Cell] {
    Array(
      cells.filter { $0.target != $0.predicted }
        .sorted { ($1.count, $0.target, $0.predicted) < ($0.count, $1.target, $1.predicted) }.prefix(limit))
  }
}

extension Confusion: Codable {
  /// Up to so many classes a record holds the whole matrix, which people read; beyond, the cells.
  private static let mostRows = 32

  private enum CodingKeys: String, CodingKey { case classes, cells }

  public init(from decoder: any Decoder) throws {
    if let rows = try? decoder.singleValueContainer().decode([[Int]].self) {
      guard rows.allSatisfy({ $0.count == rows.count }) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "not square"))
      }
      self.init(rows: rows)
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let count = try values.decode(Int.self, forKey: .classes)
    let triples = try values.decode([[Int]].self, forKey: .cells)
    guard count >= 0,
      triples.allSatisfy({ $0.count == 3 && (0..<count).contains($0[0]) && (0..<count).contains($0[1]) })
    else { throw DecodingError.dataCorruptedError(forKey: .cells, in: values, debugDescription: "not cells") }
    self.init(
      classCount: count, cells: triples.map { Cell(target: $0[0], predicted: $0[1], count: $0[2]) })
  }

  public func encode(to encoder: any Encoder) throws {
    if classCount <= Confusion.mostRows {
      var container = encoder.singleValueContainer()
      return try container.encode(rows)
    }
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(classCount, forKey: .classes)
    try values.encode(cells.map { [$0.target, $0.predicted, $0.count] }, forKey: .cells)
  }
}
