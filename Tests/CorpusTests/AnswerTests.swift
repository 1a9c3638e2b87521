import Files
import Fixtures
import Foundation
import Testing

@testable import Corpus

/// What data files say of a text, in every task.
@Suite struct AnswerTests {
  private func read(_ text: String, _ name: String, _ reader: CorpusReader) throws -> [LabelledText] {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      return try reader.read(file, split: .train).all()
    }
  }

  private func dataSet(_ text: String, _ name: String, _ reader: CorpusReader, classes: [String]? = nil)
    throws
    -> DataSet
  {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      return try reader.dataSet(file, split: .train, classes: classes)
    }
  }

  private func message(_ text: String, _ name: String, _ reader: CorpusReader) -> String {
    do {
      _ = try dataSet(text, name, reader)
      return ""
    } catch { return String(describing: error) }
  }

  private let several = CorpusReader(answers: .several(separator: "|"))

  @Test func `several labels come as lists, with separators, or as columns of 0 and 1`() throws {
    let wanted: [Answer] = [.labels(["a", "b"]), .labels([]), .labels(["b"])]
    let lines = """
      {"text": "one", "label": ["a", "b"]}
      {"text": "two", "label": []}
      {"text": "three", "label": ["b", "b"]}
      """
    #expect(try read(lines, "d.jsonl", several).map(\.answer) == wanted)
    let table = "text,label\none,a|b\ntwo,\nthree, b |\n"
    #expect(try read(table, "d.csv", several).map(\.answer) == wanted)
    let semicolons = CorpusReader(answers: .several(separator: "; "))
    #expect(try read("text,label\none,a; b\ntwo,\nthree,b\n", "d.csv", semicolons).map(\.answer) == wanted)
    let columns = CorpusReader(labelColumns: ["a", "b"], answers: several.answers)
    #expect(try read("text,a,b\none,1,1\ntwo,0,0\nthree,0,1\n", "d.csv", columns).map(\.answer) == wanted)
    let keys = "{\"text\": \"one\", \"a\": 1, \"b\": true}\n{\"text\": \"two\", \"a\": 0, \"b\": false}\n"
    #expect(try read(keys, "d.jsonl", columns).map(\.answer) == Array(wanted.prefix(2)))
  }

  @Test func `numbers come alone, as lists, or from several columns`() throws {
    let one = CorpusReader(labelColumn: "score", answers: .numbers)
    #expect(
      try read("text,score\nfine,4.5\nbad, -1e1 \n", "d.csv", one).map(\.answer)
        == [.values([4.5]), .values([-10])])
    let lines = "{\"text\": \"fine\", \"score\": [1, 2.5]}\n"
    #expect(try read(lines, "d.jsonl", one).map(\.answer) == [.values([1, 2.5])])
    let two = CorpusReader(labelColumns: ["x", "y"], answers: .numbers)
    let set = try dataSet("text,x,y\nfine,1,2\nbad,3,4\nfine,1,2\n", "d.csv", two)
    #expect(set.classes == ["x", "y"])
    #expect(set.meaning == .values([[1, 2], [3, 4]]))
    #expect(Array(set.targets) == [0, 1, 0])
  }

  @Test func `what is no answer is named with its line`() {
    let numbers = CorpusReader(answers: .numbers)
    for word in ["four", "nan", "inf", "0x10", "", "1e999", "1e200"] {
      #expect(message("text,label\na,1\nb,\(word)\n", "d.csv", numbers).contains("line 3"), "\(word)")
    }
    let columns = CorpusReader(labelColumns: ["a", "b"], answers: several.answers)
    #expect(message("text,a,b\none,1,2\n", "d.csv", columns).contains("column 'b' is neither 0 nor 1"))
    let widths = "{\"text\": \"a\", \"label\": [1, 2]}\n{\"text\": \"b\", \"label\": [1]}\n"
    #expect(message(widths, "d.jsonl", numbers).contains("1 numbers where 2 are expected"))
    let nothing = "{\"text\": \"a\", \"label\": []}\n"
    #expect(message(nothing, "d.jsonl", numbers).contains("has no number"))
    #expect(message(nothing, "d.jsonl", several).contains("no text has a label"))
    let list = "{\"text\": \"a\", \"label\": [\"x\"]}\n"
    #expect(message(list, "d.jsonl", CorpusReader()).contains("the label is a list"))
    let null = "{\"text\": \"a\", \"label\": null}\n"
    #expect(message(null, "d.jsonl", several).contains("the label under 'label' is null"))
    let nested = "{\"text\": \"a\", \"label\": [[\"x\"]]}\n"
    #expect(message(nested, "d.jsonl", several).contains("no label under 'label'"))
  }

  @Test func `labels of a set have one order, and another set's are those of the training data`() throws {
    let set = try dataSet("text,label\none,zebra|ant\ntwo,ant\nthree,\nfour,ant|zebra\n", "d.csv", several)
    #expect(set.classes == ["ant", "zebra"])
    #expect((0..<4).map(set.answer) == ["ant|zebra", "ant", "", "ant|zebra"])
    #expect(set.classCounts == [3, 2])
    let other = try dataSet("text,label\none,zebra\n", "d.csv", several, classes: set.classes)
    #expect(other.answer(of: 0) == "zebra")
    #expect(other.meaning == .sets([[1]]))
    #expect(throws: FathomError.self) {
      try dataSet("text,label\none,bee\n", "d.csv", several, classes: set.classes)
    }
  }

  @Test func `balanced weights are scikit-learn's, and the positive weights of labels`() throws {
    let classes = try dataSet("text,label\n1,a\n2,a\n3,a\n4,b\n", "d.csv", CorpusReader())
    #expect(classes.balancedWeights == [2.0 / 3, 2])
    let labels = try dataSet("text,label\n1,a\n2,a|b\n3,a\n4,\n", "d.csv", several)
    #expect(labels.balancedWeights == [1.0 / 3, 3])
  }

  @Test func `pairs keep their second texts through splits and folds`() throws {
    let rows = (0..<40).map { "first \($0),second \($0),\($0 % 2 == 0 ? "yes" : "no")\n" }.joined()
    let reader = CorpusReader(secondColumn: "other")
    let set = try dataSet("text,other,label\n" + rows, "d.csv", reader)
    let parts = set.split(validationShare: 0.25, seed: 3)
    for part in [parts.train, parts.validation] + (try set.folds(4, seed: 1).map(\.validation)) {
      let seconds = try #require(part.seconds)
      for index in 0..<part.count {
        #expect(part.texts[index].dropFirst(6) == seconds[index].dropFirst(7))
      }
    }
    #expect(
      DataSet.fingerprint([set])
        != DataSet.fingerprint([
          try dataSet(
            "text,other,label\n" + rows.replacing("second 7,", with: "second seven,"), "d.csv", reader)
        ]))
    #expect(
      message("text,other,label\na,b,x\n", "d.csv", CorpusReader(secondColumn: "third"))
        .contains("has no column 'third'"))
  }

  @Test func `rare labels have their share in each part, and numbers in each tenth`() throws {
    let rows = (0..<200).map { "t\($0),\($0 % 20 == 0 ? "rare|common" : $0 % 2 == 0 ? "common" : "")\n" }
    let set = try dataSet("text,label\n" + rows.joined(), "d.csv", several)
    #expect(set.split(validationShare: 0.2, seed: 1).validation.classCounts == [20, 2])
    let numbers = (0..<200).map { "t\($0),\($0)\n" }.joined()
    let values = try dataSet("text,label\n" + numbers, "d.csv", CorpusReader(answers: .numbers))
    let chosen = values.split(validationShare: 0.1, seed: 1).validation
    let tenths = (0..<chosen.count).map { Int(Double(chosen.answer(of: $0))! / 20) }
    #expect(Set(tenths).count == 10)
  }

  @Test func `a large file's cache keeps sets, numbers and pairs`() throws {
    try Fixtures.withFolder { folder in
      let cache = DataCache(folder: folder.appendingPathComponent("cache"), smallest: 1)
      let file = folder.appendingPathComponent("d.jsonl")
      try Data("{\"text\": \"a\", \"other\": \"b\", \"label\": [\"x\", \"y\"]}\n".utf8).write(to: file)
      let reader = CorpusReader(secondColumn: "other", answers: several.answers)
      let sets = try (0..<2).map { _ in try reader.dataSet(file, split: .train, cache: cache) }
      for set in sets {
        #expect(set.meaning == .sets([[0, 1]]))
        #expect(set.seconds.map(Array.init) == ["b"])
      }
      // Another way to read the same file is another entry.
      let single = CorpusReader(answers: several.answers)
      #expect(try single.dataSet(file, split: .train, cache: cache).seconds == nil)
    }
  }

  @Test func `a folder of texts refuses what it cannot say`() throws {
    try Fixtures.withFolder { folder in
      #expect(throws: FathomError.self) { try several.read(folder, split: .train) }
    }
  }
}
