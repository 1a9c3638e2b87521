import Files
import Foundation

/// What a labelled data set is like, before anything is trained on it.
public struct DataInspection: Codable, Sendable {
  public struct ClassCount: Codable, Sendable, Equatable {
    public let name: String
    public let count: Int
  }

  /// The least, the quartiles and so on of a number that each text has
  public struct Quantiles: Codable, Sendable, Equatable {
    public let least: Int
    public let quarter: Int
    public let median: Int
    public let threeQuarters: Int
    public let ninetyFive: Int
    public let ninetyNine: Int
    public let greatest: Int

    init?(_ numbers: [Int32]) {
      guard !numbers.isEmpty else { return nil }
      let sorted = numbers.sorted()
      // The number that so many texts do not exceed.
      func at(_ share: Double) -> Int {
        Int(sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)])
      }
      (least, quarter, median, threeQuarters) = (Int(sorted[0]), at(0.25), at(0.5), at(0.75))
      (ninetyFive, ninetyNine, greatest) = (at(0.95), at(0.99), Int(sorted[sorted.count - 1]))
    }
  }

  /// Tokens as a model reads them, with those that start and end a text
  public struct Tokens: Codable, Sendable, Equatable {
    public let quantiles: Quantiles
    public let maximumLength: Int
    /// Texts that are longer than that
    public let cutTexts: Int
    /// Tokens that are lost so, of all
    public let cutShare: Double
  }

  /// Texts that differ in case and blanks at most
  public struct Duplicates: Codable, Sendable, Equatable {
    /// Rows that repeat an earlier one of the same label
    public let sameLabel: Int
    /// Texts that stand under several labels
    public let otherLabel: Int
    /// The first of the latter, each with the places where it stands
    public let contradictions: [[String]]
  }

  /// Texts of the test set that the training set has too
  public struct Overlap: Codable, Sendable, Equatable {
    public let testRows: Int
    public let sameLabel: Int
    public let otherLabel: Int
    public let places: [String]
    /// Labels that one of the two sets has alone
    public let onlyInTraining: [String]
    public let onlyInTest: [String]
  }

  public let rows: Int
  public let skipped: SkippedRows
  public let classes: [ClassCount]
  /// Names that may mean one class
  public let similarClasses: [[String]]
  public let emptyTexts: Int
  public let characters: Quantiles?
  public let tokens: Tokens?
  public let duplicates: Duplicates
  public let overlap: Overlap?
  public let noise: LabelNoise?
  public let notes: [String]

  /// The most places that are listed of one kind
  public static let shownPlaces = 10

  /// - Parameters:
  ///   - test: the set that a model will be measured on.
  ///   - maximumLength: tokens of a text that the model reads.
  ///   - tokenCounts: tokens of each text; nil without a model.
  public init(
    _ data: DataSet, test: DataSet? = nil, maximumLength: Int = 512,
    tokenCounts: (([String]) -> [Int])? = nil
  ) throws {
    rows = data.count
    skipped = data.skipped
    notes = data.notes
    classes = zip(data.classes, data.classCounts).map(ClassCount.init)
    similarClasses = SimilarNames.groups(classes)
    var lengths: [Int32] = [], tokenLengths: [Int32] = []
    var empty = 0
    let batch = 4096
    for start in stride(from: 0, to: data.count, by: batch) {
      let texts = try (start..<min(start + batch, data.count)).map(data.texts.text)
      for text in texts {
        lengths.append(Int32(clamping: text.unicodeScalars.count))
        if text.utf8.allSatisfy({ $0 <= 0x20 }) { empty += 1 }
      }
      if let tokenCounts { tokenLengths += tokenCounts(texts).map { Int32(clamping: $0) } }
    }
    emptyTexts = empty
    characters = Quantiles(lengths)
    tokens = Quantiles(tokenLengths).map { quantiles in
      let all = tokenLengths.reduce(0) { $0 + Int($1) }
      let cut = tokenLengths.reduce(0) { $0 + max(0, Int($1) - maximumLength) }
      return Tokens(
        quantiles: quantiles, maximumLength: maximumLength,
        cutTexts: tokenLengths.count { $0 > maximumLength }, cutShare: Double(cut) / Double(max(all, 1)))
    }
    let prints = try TextPrint.sorted(data)
    duplicates = DataInspection.duplicates(prints, data)
    overlap = try test.map { try DataInspection.overlap(prints, data, TextPrint.sorted($0), $0) }
    noise = try LabelNoise(data)
  }

  private static func duplicates(_ prints: [TextPrint], _ data: DataSet) -> Duplicates {
    var same = 0, other = 0
    var contradictions: [(row: Int32, places: [String])] = []
    for group in prints.chunked(by: { $0.hash == $1.hash }) where group.count > 1 {
      let labels = Set(group.map { data.targets[Int($0.row)] })
      same += group.count - labels.count
      guard labels.count > 1 else { continue }
      other += 1
      let shown = group.prefix(4).map {
        "\(place($0.row, data)) ('\(data.classes[data.targets[Int($0.row)]])')"
      }
      contradictions.append((group.first!.row, shown))
    }
    contradictions.sort { $0.row < $1.row }
    return Duplicates(
      sameLabel: same, otherLabel: other,
      contradictions: contradictions.prefix(shownPlaces).map(\.places))
  }

  private static func overlap(
    _ training: [TextPrint], _ data: DataSet, _ testing: [TextPrint], _ test: DataSet
  ) throws -> Overlap {
    var same = 0, other = 0
    var rows: [Int32] = []
    var index = 0
    for print in testing {
      while index < training.count, training[index].hash < print.hash { index += 1 }
      let group = training[index...].prefix { $0.hash == print.hash }
      if group.isEmpty { continue }
      let label = test.classes[test.targets[Int(print.row)]]
      if group.contains(where: { data.classes[data.targets[Int($0.row)]] == label }) {
        same += 1
      } else {
        other += 1
      }
      rows.append(print.row)
    }
    let (own, tested) = (Set(data.classes), Set(test.classes))
    return Overlap(
      testRows: test.count, sameLabel: same, otherLabel: other,
      places: rows.sorted().prefix(shownPlaces).map { place($0, test) },
      onlyInTraining: data.classes.filter { !tested.contains($0) },
      onlyInTest: test.classes.filter { !own.contains($0) })
  }

  static func place(_ row: Int32, _ data: DataSet) -> String {
    data.place(of: Int(row)) ?? "example \(row + 1)"
  }
}

/// A number that texts share which differ in case and blanks at most.
struct TextPrint {
  let hash: UInt64
  let row: Int32

  /// By hash, then in their order; empty texts are left out.
  static func sorted(_ data: DataSet) throws -> [TextPrint] {
    var prints: [TextPrint] = []
    prints.reserveCapacity(data.count)
    for row in 0..<data.count {
      if let hash = hash(try data.texts.text(row)) { prints.append(TextPrint(hash: hash, row: Int32(row))) }
    }
    return prints.sorted { $0.hash == $1.hash ? $0.row < $1.row : $0.hash < $1.hash }
  }

  private static func hash(_ text: String) -> UInt64? {
    let words = text.lowercased().split(whereSeparator: \.isWhitespace)
    return words.isEmpty ? nil : TextList.hash(words.joined(separator: " "))
  }
}

extension Array {
  /// Runs of neighbours that belong together.
  fileprivate func chunked(by belongs: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
    var chunks: [ArraySlice<Element>] = []
    var start = 0
    for index in indices where index + 1 == count || !belongs(self[index], self[index + 1]) {
      chunks.append(self[start...index])
      start = index + 1
    }
    return chunks
  }
}

/// Names of classes that may be one class in several spellings.
enum SimilarNames {
  static func groups(_ classes: [DataInspection.ClassCount]) -> [[String]] {
    var groups = Dictionary(grouping: classes.map(\.name), by: plain).values.filter { $0.count > 1 }
      .map { $0.sorted() }
    // A slip of the pen is rare beside the name that it stands for.
    guard classes.count <= 500 else { return groups.sorted { $0[0] < $1[0] } }
    for rare in classes where plain(rare.name).count >= 5 {
      for other in classes where rare.count * 20 <= other.count {
        let (a, b) = (plain(rare.name), plain(other.name))
        if a != b, isOneSlipFrom(Array(a), Array(b)) { groups.append([other.name, rare.name]) }
      }
    }
    return groups.sorted { $0[0] < $1[0] }
  }

  /// Without case, accents' spelling, blanks and punctuation; numbers by their value.
  private static func plain(_ name: String) -> String {
    if let number = Double(name.trimmingCharacters(in: .whitespaces)), number.isFinite { return "\(number)" }
    let letters = name.precomposedStringWithCompatibilityMapping.lowercased()
      .filter { $0.isLetter || $0.isNumber || "+-".contains($0) && name.count <= 2 }
    return letters.isEmpty ? name : letters
  }

  /// One letter more, less, another one, or two neighbours the other way round.
  private static func isOneSlipFrom(_ a: [Character], _ b: [Character]) -> Bool {
    guard abs(a.count - b.count) <= 1, !a.contains(where: \.isNumber), !b.contains(where: \.isNumber) else {
      return false
    }
    let start = zip(a, b).prefix { $0 == $1 }.count
    let (restA, restB) = (a[start...], b[start...])
    if restA.dropFirst().elementsEqual(restB.dropFirst()) { return true }
    if restA.dropFirst().elementsEqual(restB) || restA.elementsEqual(restB.dropFirst()) { return true }
    return restA.count > 1 && restB.count > 1 && restA.dropFirst(2).elementsEqual(restB.dropFirst(2))
      && restA.prefix(2).elementsEqual(restB.prefix(2).reversed())
  }
}
