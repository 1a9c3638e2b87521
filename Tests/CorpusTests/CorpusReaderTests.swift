import Files
import Fixtures
import Foundation
import Testing

@testable import Corpus

@Suite struct CorpusReaderTests {
  private func read(_ text: String, _ name: String, _ reader: CorpusReader = CorpusReader()) throws
    -> [LabelledText]
  {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: file)
      return try reader.read(file, split: .train).all()
    }
  }

  private func message(_ text: String, _ name: String, _ reader: CorpusReader = CorpusReader()) -> String {
    do {
      _ = try read(text, name, reader)
      return ""
    } catch { return String(describing: error) }
  }

  @Test func `quoted fields follow RFC 4180`() throws {
    let examples = try read(
      "id,text,label\r\n1,\"one, \"\"two\"\"\",pos\r\n2,\"three\nfour\",neg\r\n\r\n3,plain text,pos\r\n4,\"\",neg",
      "d.csv")
    #expect(examples.map(\.text) == ["one, \"two\"", "three\nfour", "plain text", ""])
    #expect(examples.map(\.label) == ["pos", "neg", "pos", "neg"])
    #expect(examples[2].place.hasSuffix("line 6"))
  }

  @Test func `fields written by RFC 4180's rules are read back, whatever they hold`() throws {
    var generator = SystemSeed(21)
    var rows: [(text: String, label: String)] = []
    for _ in 0..<300 {
      func field() -> String {
        let size = Int.random(in: 1...6, using: &generator)
        return (0..<size).map { _ in
          ["\"", ",", "a", "é", ";", "\"\"", "x,\""].randomElement(using: &generator)!
        }.joined()
      }
      rows.append((field(), field()))
    }
    func quoted(_ field: String, always: Bool) -> String {
      guard always || field.contains("\"") || field.contains(",") else { return field }
      return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }
    let lines = rows.enumerated().map {
      "\(quoted($1.text, always: $0 % 2 == 0)),\(quoted($1.label, always: $0 % 3 == 0))"
    }
    let found = try read("text,label\r\n" + lines.joined(separator: "\r\n"), "random.csv")
    #expect(found.map(\.text) == rows.map(\.text) && found.map(\.label) == rows.map(\.label))
    #expect(found[1].place.hasSuffix("line 3"))
  }

  @Test func `columns are chosen by name or number, with or without a header`() throws {
    #expect(try read("a\tb\nx\ty\n", "d.tsv", CorpusReader(textColumn: "b", labelColumn: "a"))[0].text == "y")
    #expect(
      try read("1,good\n0,bad\n", "d.csv", CorpusReader(textColumn: "2", labelColumn: "1", hasHeader: false))
        .count == 2)
    #expect(try read("\u{FEFF}text,label\nx,y\n", "d.csv")[0].label == "y")
  }

  @Test func `JSON Lines take words and numbers as labels`() throws {
    let examples = try read(
      "{\"text\": \"a\\nb\", \"label\": 1}\n\n{\"text\": \"c\", \"label\": \"x\"}\n", "d.jsonl")
    #expect(examples.map(\.text) == ["a\nb", "c"] && examples.map(\.label) == ["1", "x"])
  }

  @Test func `other line separators belong to the text`() throws {
    #expect(try read("text,label\na\u{2028}b,x\n", "d.csv")[0].text == "a\u{2028}b")
  }

  @Test(arguments: [
    ("text,label\na,b\nc\n", "d.csv", "line 3"), ("text,label\na,b\n\"c,d\n", "d.csv", "line 3"),
    ("text,label\na,\n", "d.csv", "line 2"), ("words,label\na,b\n", "d.csv", "no column 'text'"),
    ("text,label\n", "d.csv", "no examples"), ("", "d.csv", "is empty"),
    ("{\"text\": 1}\n", "d.jsonl", "line 1"),
    ("{\"text\": \"a\", \"label\": \"x\"}\nnonsense\n", "d.jsonl", "line 2"),
    ("{\"text\": \"a\"}", "d.jsonl", "label"),
    ("x", "d.xlsx", ".csv"),
  ])
  func `a bad row is named with its line`(text: String, name: String, expected: String) {
    #expect(message(text, name).contains(expected))
  }

  @Test func `text that is not UTF-8 is named with its line`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("d.csv")
      try (Data("text,label\na,b\n".utf8) + Data([0xFF, 0xFE, 0x2C, 0x61])).write(to: file)
      let error = #expect(throws: FathomError.self) { try CorpusReader().read(file, split: .train).all() }
      #expect(error?.description.contains("line 3") == true)
    }
  }

  @Test func `an aclImdb folder gives its split, with texts as they are`() throws {
    try Fixtures.withFolder { folder in
      for (path, text) in [
        ("train/pos/1_9.txt", "so <br /><br>good\n"), ("train/neg/1_2.txt", "bad"),
        ("train/unsup/1_0.txt", "?"),
        ("test/pos/1_9.txt", "fine"), ("test/neg/1_1.txt", "poor < br"),
      ] {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
      }
      let train = try CorpusReader().read(folder, split: .train).all()
      #expect(train.map(\.text) == ["bad", "so <br /><br>good\n"] && train.map(\.label) == ["neg", "pos"])
      #expect(try CorpusReader().read(folder, split: .test).all().map(\.text) == ["poor < br", "fine"])
      #expect(try CorpusReader().read(folder.appendingPathComponent("train"), split: .test).all().count == 2)
    }
  }
}

@Suite struct DataSetTests {
  private func examples(_ labels: [String]) -> [LabelledText] {
    labels.enumerated().map { LabelledText(text: "t\($0)", label: $1, place: "f, line \($0 + 1)") }
  }

  @Test func `classes are ordered by value or spelling`() throws {
    #expect(try DataSet(examples(["10", "2", "1"])).classes == ["1", "2", "10"])
    #expect(try DataSet(examples(["pos", "neg"])).classes == ["neg", "pos"])
  }

  @Test func `a label unseen in training is an error with its line`() {
    let error = #expect(throws: FathomError.self) { try DataSet(examples(["a", "c"]), classes: ["a", "b"]) }
    #expect(error?.description.contains("line 2: label 'c'") == true)
    #expect(throws: FathomError.self) { try DataSet(examples(["a", "a"])) }
  }

  @Test func `samples and splits keep the classes' shares, repeat with their seed and lose nothing`() throws {
    let data = try DataSet(examples((0..<100).map { $0 % 4 == 0 ? "rare" : "common" }))
    let sample = data.limited(to: 40, seed: 1)
    #expect(sample.targets.count { $0 == 1 } == 10 && sample.count == 40)
    #expect(Array(sample.texts) == Array(data.limited(to: 40, seed: 1).texts))
    #expect(Array(sample.texts) != Array(data.limited(to: 40, seed: 2).texts))
    let (train, validation) = data.split(validationShare: 0.2, seed: 1)
    #expect(validation.count == 20 && validation.targets.count { $0 == 1 } == 5)
    #expect(Set(train.texts).isDisjoint(with: validation.texts) && train.count == 80)
  }
}

@Suite struct SplitTests {
  private func set(_ counts: [String: Int]) -> DataSet {
    let classes = counts.keys.sorted()
    let targets = classes.indices.flatMap { [Int](repeating: $0, count: counts[classes[$0]]!) }
    return DataSet(texts: targets.indices.map { "t\($0)" }, targets: targets, classes: classes)
  }

  @Test func `a rare class has an example on either side of a split`() {
    let data = set(["common": 994, "rare": 6])
    for seed in 0..<5 as Range<UInt64> {
      let (train, validation) = data.split(validationShare: 0.05, seed: seed)
      #expect(validation.count == 50 && validation.targets.count { $0 == 1 } == 1)
      #expect(train.targets.count { $0 == 1 } == 5)
      let small = data.split(validationShare: 0.999, seed: seed)
      #expect(small.train.targets.count { $0 == 1 } == 0 || small.train.targets.count { $0 == 0 } == 0)
      #expect(data.split(validationShare: 0.998, seed: seed).train.targets.count { $0 == 1 } == 1)
    }
  }

  @Test func `a class that a part lacks is noted`() {
    let data = set(["a": 20, "b": 20, "single": 1])
    let (train, validation) = data.split(validationShare: 0.2, seed: 1)
    let notes = data.notes(on: [("training", train), ("validation", validation)])
    #expect(notes == ["the validation set has no example of 1 of 3 classes: 'single'"])
  }

  @Test func `every example is validated in one fold exactly, and classes keep their shares`() throws {
    let data = set(["a": 53, "b": 7, "c": 41])
    let folds = try data.folds(5, seed: 3)
    let validated: [String] = folds.flatMap { fold in Array(fold.validation.texts) }
    #expect(validated.sorted() == Array(data.texts).sorted())
    for fold in folds {
      #expect((20...21).contains(fold.validation.count) && fold.train.count + fold.validation.count == 101)
      #expect(Set(fold.train.texts).isDisjoint(with: fold.validation.texts))
      #expect((1...2).contains(fold.validation.targets.count { $0 == 1 }))
    }
    let again = try data.folds(5, seed: 3).map { Array($0.validation.texts) }
    #expect(again == folds.map { Array($0.validation.texts) })
    #expect(try data.folds(5, seed: 4).map { Array($0.validation.texts) } != again)
    #expect(throws: FathomError.self) { try data.folds(1, seed: 1) }
    #expect(throws: FathomError.self) { try data.folds(102, seed: 1) }
  }

  @Test func `three parts hold everything once, each class with its share`() {
    let data = set(["a": 80, "b": 20])
    let (train, validation, test) = data.split(validationShare: 0.1, testShare: 0.2, seed: 1)
    let sizes: [Int] = [train.count, validation.count, test.count]
    #expect(sizes == [70, 10, 20])
    let rare: [Int] = [train, validation, test].map { part in part.targets.count { $0 == 1 } }
    #expect(rare == [14, 2, 4])
    #expect(Set([train, validation, test].flatMap { Array($0.texts) }).count == 100)
  }
}

@Suite struct BatchPlanTests {
  @Test func `without regard to length, batches are the shuffled examples in their order`() {
    let lengths = (0..<130).map { ($0 * 37) % 91 + 3 }
    let plan = BatchPlan(count: 130, batchSize: 8, seed: 1, epoch: 0, joinsLikeLengths: false)
    let batches = plan.batches(lengths: lengths)
    #expect(batches.flatMap { $0 }.sorted() == Array(0..<130))
    let shuffled = (0..<plan.poolCount).flatMap(plan.pool)
    #expect(
      Set(batches.map(\.first)).isSubset(
        of: Set(shuffled.enumerated().filter { $0.offset % 8 == 0 }.map(\.element))))
    let spread = batches.map { batch in batch.map { lengths[$0] }.max()! - batch.map { lengths[$0] }.min()! }
    let joined = BatchPlan(count: 130, batchSize: 8, seed: 1, epoch: 0).batches(lengths: lengths)
      .map { batch in batch.map { lengths[$0] }.max()! - batch.map { lengths[$0] }.min()! }
    #expect(spread.reduce(0, +) > 3 * joined.reduce(0, +))
  }

  @Test func `every example comes once an epoch, in an order that seed and epoch fix`() {
    let lengths = (0..<103).map { $0 * 7 % 30 + 1 }
    func batches(_ epoch: Int) -> [[Int]] {
      BatchPlan(count: lengths.count, batchSize: 2, seed: 1, epoch: epoch).batches(lengths: lengths)
    }
    #expect(batches(0).flatMap { $0 }.sorted() == Array(0..<103))
    #expect(batches(0) == batches(0) && batches(0) != batches(1))
    #expect(
      batches(0).allSatisfy { batch in batch.map { lengths[$0] } == batch.map { lengths[$0] }.sorted() })
    let plan = BatchPlan(count: lengths.count, batchSize: 2, seed: 1, epoch: 0)
    #expect(plan.batchCount == 52 && plan.poolCount == 2)
    #expect((plan.pool(0) + plan.pool(1)).sorted() == Array(0..<103))
  }

  @Test func `texts of one length are mixed whatever their order in the file`() {
    // Sorted by class, as aclImdb is read: a batch of one class teaches nothing.
    let batches = BatchPlan(count: 400, batchSize: 32, seed: 1, epoch: 0).batches(
      lengths: [Int](repeating: 128, count: 400))
    #expect(batches.allSatisfy { batch in (6...26).contains(batch.count { $0 < 200 }) || batch.count < 32 })
  }
}

@Suite struct SeededPermutationTests {
  @Test(arguments: [1, 2, 3, 16, 17, 1000, 4097])
  func `every number comes once, in another order for another seed`(count: Int) {
    let orders = (0..<3 as Range<UInt64>).map { seed in
      (0..<count).map { SeededPermutation(count: count, seed: seed)[$0] }
    }
    for order in orders { #expect(order.sorted() == Array(0..<count)) }
    if count > 100 { #expect(Set(orders).count == 3) }
  }

  @Test func `neighbours come from all over, and no place prefers a part`() {
    let count = 2_000_000, permutation = SeededPermutation(count: count, seed: 7)
    let drawn = stride(from: 0, to: count, by: 97).map { permutation[$0] }
    var tenths = [Int](repeating: 0, count: 10)
    for number in drawn { tenths[number * 10 / count] += 1 }
    let expected = Double(drawn.count) / 10
    #expect(tenths.allSatisfy { abs(Double($0) - expected) < 5 * expected.squareRoot() })
    let first = (0..<20_000).map { permutation[$0] }
    let pairs = Array(zip(first, first.dropFirst()))
    let distance = pairs.reduce(0.0) { $0 + Double(abs($1.0 - $1.1)) } / Double(count * pairs.count)
    let rising = Double(pairs.count { $0 < $1 }) / Double(pairs.count)
    #expect((0.3233...0.3433).contains(distance) && (0.48...0.52).contains(rising), "as of independent draws")
  }

  @Test func `a long epoch starts at once and still has every example once`() {
    let count = BatchPlan.longestList + 1001
    let plan = BatchPlan(count: count, batchSize: 32, seed: 1, epoch: 0)
    var seen = [Bool](repeating: false, count: count)
    for index in 0..<plan.poolCount { for example in plan.pool(index) { seen[example] = true } }
    #expect(seen.allSatisfy { $0 })
    #expect(plan.pool(0) != BatchPlan(count: count, batchSize: 32, seed: 1, epoch: 1).pool(0))
  }
}

@Suite struct TextListTests {
  @Test func `what was appended is read back, in any order and while more is appended`() throws {
    let spool = try ByteSpool()
    let entries = (0..<300).map { index in [UInt8](repeating: UInt8(index % 251), count: index * 37 % 9000) }
    for (index, entry) in entries.enumerated() {
      #expect(try entry.withUnsafeBytes { try spool.append($0) } == index)
      let earlier = index * 7 % (index + 1)
      #expect(try spool.read(earlier) { Array($0) } == entries[earlier])
    }
    #expect(spool.count == 300)
  }

  @Test func `rows read from a file are those of the same texts in memory`() throws {
    let texts = ["one", "", "zwei \u{1F600}", "three"]
    let examples = texts.enumerated().map { LabelledText(text: $1, label: String($0 % 2), place: "p") }
    let disk = try DataSet(examples)
    let memory = DataSet(texts: texts, targets: [0, 1, 0, 1], classes: ["0", "1"])
    #expect(Array(disk.texts) == texts && disk.targets == memory.targets)
    for (a, b) in [
      (disk, memory), (disk.subset([3, 1]), memory.subset([3, 1])),
      (disk.subset([2, 0]).subset([1]), memory.subset([0])),
    ] {
      #expect(Array(a.texts) == Array(b.texts))
      #expect(a.texts.indices.map(a.texts.hash) == b.texts.indices.map(b.texts.hash))
    }
  }
}
