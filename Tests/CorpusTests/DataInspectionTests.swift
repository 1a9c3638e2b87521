import Files
import Fixtures
import Foundation
import Testing

@testable import Corpus

/// A data set is looked at before anything is trained on it.
@Suite struct DataInspectionTests {
  private func inspect(
    _ rows: [(String, String)], test: [(String, String)]? = nil, maximumLength: Int = 512,
    tokenCounts: (([String]) -> [Int])? = nil
  ) throws -> DataInspection {
    func set(_ rows: [(String, String)]) throws -> DataSet {
      try Fixtures.withFolder { folder in
        let file = folder.appendingPathComponent("d.tsv")
        try Data(("text\tlabel\n" + rows.map { "\($0)\t\($1)\n" }.joined()).utf8).write(to: file)
        return try CorpusReader(badRows: .skip).dataSet([file], split: .train, fewestClasses: 1)
      }
    }
    return try DataInspection(
      set(rows), test: test.map(set), maximumLength: maximumLength, tokenCounts: tokenCounts)
  }

  @Test func `classes, empty texts and rows that cannot be used are counted`() throws {
    let found = try inspect([("a", "x"), ("", "x"), ("b", "y"), ("c", "")])
    #expect(found.rows == 3 && found.emptyTexts == 1 && found.skipped.count == 1)
    #expect(found.classes == [.init(name: "x", count: 2), .init(name: "y", count: 1)])
    #expect(found.noise == nil)
  }

  @Test func `lengths have quantiles, and what a model would cut is a share of all tokens`() throws {
    let rows = (1...100).map { (String(repeating: "w ", count: $0), $0 % 2 == 0 ? "x" : "y") }
    let found = try inspect(rows, maximumLength: 90) { $0.map { $0.split(separator: " ").count } }
    let tokens = try #require(found.tokens)
    #expect(tokens.quantiles.least == 1 && tokens.quantiles.median == 50 && tokens.quantiles.ninetyFive == 95)
    #expect(tokens.quantiles.greatest == 100 && tokens.cutTexts == 10)
    #expect(abs(tokens.cutShare - 55.0 / 5050) < 1e-12)
  }

  @Test func `names that may mean one class are set side by side`() throws {
    let many = (0..<60).map { ("t\($0)", "positive") } + [("u", "postive"), ("v", "Neg"), ("w", "neg")]
    #expect(try inspect(many).similarClasses == [["Neg", "neg"], ["positive", "postive"]])
    #expect(try inspect([("a", "1"), ("b", "1.0"), ("c", "2")]).similarClasses == [["1", "1.0"]])
    #expect(try inspect([("a", "class 1"), ("b", "class 2"), ("c", "+"), ("d", "-")]).similarClasses.isEmpty)
  }

  @Test func `texts that occur twice are told apart by their labels`() throws {
    let found = try inspect(
      [("A  film", "x"), ("a film", "x"), ("b", "x"), ("B ", "y"), ("", "x"), ("", "y")])
    #expect(found.duplicates.sameLabel == 1 && found.duplicates.otherLabel == 1)
    #expect(found.duplicates.contradictions.count == 1)
    let places = found.duplicates.contradictions[0]
    #expect(places.count == 2 && places[0].hasSuffix("line 4 ('x')") && places[1].hasSuffix("line 5 ('y')"))
  }

  @Test func `what training and test data share is found`() throws {
    let found = try inspect(
      [("a", "x"), ("b", "y"), ("c", "z")], test: [("A", "x"), ("b", "x"), ("d", "w"), ("e", "y")])
    let overlap = try #require(found.overlap)
    #expect(overlap.testRows == 4 && overlap.sameLabel == 1 && overlap.otherLabel == 1)
    #expect(overlap.places.map { $0.suffix(6) } == ["line 2", "line 3"])
    #expect(overlap.onlyInTraining == ["z"] && overlap.onlyInTest == ["w"])
  }

  @Test func `labels that were turned round are among those that look wrong`() throws {
    var generator = SeededGenerator(seed: 5)
    let (good, bad, plain) = (
      ["fine", "lovely", "great", "warm"], ["dull", "awful", "poor", "cold"],
      ["film", "plot", "actor", "scene", "the", "a", "in", "of"]
    )
    var rows: [(String, String)] = []
    for index in 0..<600 {
      let isGood = index % 2 == 0
      let words =
        (0..<3).map { _ in (isGood ? good : bad).randomElement(using: &generator)! }
        + (0..<8).map { _ in plain.randomElement(using: &generator)! }
      let isTurned = index % 60 == 7
      let text = words.shuffled(using: &generator).joined(separator: " ")
      rows.append((text, isGood != isTurned ? "pos" : "neg"))
    }
    let noise = try #require(try inspect(rows).noise)
    let turned = Set((0..<600).filter { $0 % 60 == 7 }.map { "line \($0 + 2)" })
    let found = Set(noise.suspects.map { String($0.place.split(separator: ",").last!.dropFirst()) })
    #expect(turned.count == 10 && turned.intersection(found).count >= 9, "\(found)")
    #expect(noise.suspectCount <= 12 && noise.accuracy > 0.95)
    #expect(noise.suspects.first.map { $0.probability > $0.labelProbability } == true)
  }
}
