import Files
import Fixtures
import Foundation
import Testing

@testable import Corpus

/// What people's files hold that is not in the book.
@Suite struct TextFormTests {
  private func read(_ text: String, _ name: String, _ reader: CorpusReader = CorpusReader()) throws
    -> [LabelledText]
  {
    try Fixtures.withFile(text.utf8, name) { try reader.read($0, split: .train).all() }
  }

  private func error(_ text: String, _ name: String) -> FathomError? {
    #expect(throws: FathomError.self) { try read(text, name) }
  }

  @Test func `quotes in TSV are characters unless quoting is asked for`() throws {
    let text = "text\tlabel\n\"good film\tpos\ndull\tneg\na 5\"\tneg\n"
    #expect(try read(text, "d.tsv").map(\.text) == ["\"good film", "dull", "a 5\""])
    let quoted = try read("text\tlabel\n\"a\tb\"\tx\n", "d.tsv", CorpusReader(quoting: .rfc4180))
    #expect(quoted.map(\.text) == ["a\tb"])
    let plain = try read("text,label\n\"a,x\n", "d.csv", CorpusReader(quoting: CorpusReader.Quoting.none))
    #expect(plain.map(\.text) == ["\"a"])
  }

  @Test func `a record of several lines is noted with its line`() throws {
    let text = "text,label\nx,pos\n\"good film,pos\ndull,neg\na 5\",neg\n"
    try Fixtures.withFile(text.utf8, "d.csv") { file in
      let set = try CorpusReader().dataSet(file, split: .train)
      #expect(set.count == 2 && set.notes.count == 1)
      #expect(
        set.notes[0].contains("1 of 3 records") && set.notes[0].hasSuffix("takes 3 lines, from line 3 on"))
    }
  }

  @Test(arguments: ["a,\"b\"c,x\n", "a\"b,x\n", "\"a\" ,x\n"])
  func `quotes where RFC 4180 has none are named with their line`(row: String) {
    #expect(error("text,label\n" + row, "d.csv")?.description.contains("line 2") == true)
  }

  @Test func `lines may end as on old Macs`() throws {
    for (text, name) in [
      ("text,label\ra,x\r\"b\rc\",y\r", "d.csv"), ("text\tlabel\ra\tx\rb c\ty", "d.tsv"),
      ("{\"text\": \"a\", \"label\": \"x\"}\r{\"text\": \"b\", \"label\": \"y\"}\r", "d.jsonl"),
    ] {
      #expect(try read(text, name).map(\.label) == ["x", "y"], "\(name)")
    }
  }

  @Test(arguments: [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf32])
  func `UTF-16 without its mark and UTF-32 are refused in every form`(encoding: String.Encoding) throws {
    for (text, name) in [
      ("text,label\na,x\n", "d.csv"), ("text\tlabel\na\tx\n", "d.tsv"),
      ("{\"text\": \"a\", \"label\": \"x\"}\n", "d.jsonl"), ("a text", "pos/1.txt"),
    ] {
      try Fixtures.withFolder { folder in
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try #require(text.data(using: encoding)).write(to: file)
        let source = name.hasSuffix(".txt") ? folder : file
        let error = #expect(throws: FathomError.self) {
          try CorpusReader().read(source, split: .train).all()
        }
        #expect(error?.code == .unsupported && error?.description.contains(file.path) == true, "\(name)")
      }
    }
  }

  @Test func `a byte order mark of UTF-8 is no text, in any form`() throws {
    let mark = "\u{FEFF}"
    #expect(try read(mark + "text\tlabel\na\tx\n", "d.tsv")[0].text == "a")
    #expect(try read(mark + "{\"text\": \"a\", \"label\": \"x\"}", "d.jsonl")[0].text == "a")
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("pos/1.txt")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((mark + "a").utf8).write(to: file)
      for leftover in ["pos/._1.txt", "pos/.DS_Store", ".DS_Store"] {
        try Data([0, 5, 0xFF]).write(to: folder.appendingPathComponent(leftover))
      }
      #expect(try CorpusReader().read(folder, split: .train).all().map(\.text) == ["a"])
    }
  }

  @Test func `labels in JSON keep their spelling`() throws {
    let labels = ["1.50", "1e3", "true", "\"true\"", "123456789012345678901234567890", "-0", "\"a b\""]
    let lines = labels.map { "{\"label\": \($0), \"text\": \"t\", \"more\": [1, {\"a\": null}]}" }
    let found = try read(lines.joined(separator: "\n"), "d.jsonl").map(\.label)
    #expect(found == labels.map { $0.replacingOccurrences(of: "\"", with: "") })
  }

  @Test func `strings are exactly what JSON says`() throws {
    let line = #"{"text": "\#u{FEFF}a\u00e9\uD83D\uDE00\/\b\n\u0000\uFEFF", "label": "x\#u{FEFF}"}"#
    let found = try read(line, "d.jsonl")[0]
    #expect(Array(found.text.unicodeScalars) == Array("\u{FEFF}aé\u{1F600}/\u{8}\n\0\u{FEFF}".unicodeScalars))
    #expect(Array(found.label.unicodeScalars) == ["x", "\u{FEFF}"])
  }

  @Test(arguments: [
    #"{"text": "\uD83D", "label": "x"}"#, #"{"text": "\uD83Dx", "label": "x"}"#,
    #"{"text": "\uDE00", "label": "x"}"#, #"{"text": "a", "text": "b", "label": "x"}"#,
    #"{"text": "a", "label": "x",}"#, #"{"text": "a", "label": 01}"#, #"{"text": "a", "label": null}"#,
    #"{"text": "a", "label": [1]}"#, #"{"text": "a", "label": "x"} {}"#, #"{"text": "a", "label": NaN}"#,
    #"{"text": "a", "label": ""}"#, #"{"text": "a", "label": "x\u0000"}"#, #"["a"]"#, #"{"text": "a"#,
    #"{"text": "\u12", "label": "x"}"#, "{\"text\": \"a\tb\", \"label\": \"x\"}",
  ])
  func `what is no JSON object with one text and one label is refused with its line`(line: String) {
    let found = error("{\"text\": \"a\", \"label\": \"y\"}\n" + line, "d.jsonl")
    #expect(found?.description.contains("line 2") == true, "\(String(describing: found))")
  }

  @Test func `deep nesting and long tokens are no danger`() throws {
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(error("{\"a\": \(deep), \"text\": \"a\", \"label\": \"x\"}", "d.jsonl")?.code == .damaged)
  }

  @Test func `a short seeded run of changed bytes ends in examples or in one error`() throws {
    var generator = SeededGenerator(seed: 11)
    let sources = [
      ("d.csv", "text,label\r\n\"a \"\"b\"\", c\nd\",x\r\nplain é,y\r\n"),
      ("d.tsv", "text\tlabel\na \"b\tx\nc\ty\n"),
      (
        "d.jsonl",
        "{\"text\": \"a\\u00e9 \\\"\", \"label\": 1.5}\n{\"label\": \"y\", \"text\": \"b\", \"n\": [{}]}\n"
      ),
    ]
    try Fixtures.withFolder { folder in
      for (name, text) in sources {
        let file = folder.appendingPathComponent(name)
        for _ in 0..<300 {
          var bytes = Array(text.utf8)
          for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: index)
            default: bytes.insert(Array("\"\\,\n\r\t{}".utf8).randomElement(using: &generator)!, at: index)
            }
          }
          try Data(bytes).write(to: file)
          do { _ = try CorpusReader().read(file, split: .train).all() } catch is FathomError {}
        }
      }
    }
  }
}

@Suite struct LabelTests {
  private func examples(_ labels: [String]) -> [LabelledText] {
    labels.enumerated().map { LabelledText(text: "t\($0)", label: $1, place: "f, line \($0 + 1)") }
  }

  @Test func `classes have one order whatever order they come in`() throws {
    var generator = SeededGenerator(seed: 1)
    for labels in [["1", "2", "nan", "3"], ["1", "01", "1.0", "1.50", "-2"], ["b", "10", "9", "a"]] {
      let first = try DataSet(examples(labels)).classes
      for _ in 0..<10 {
        #expect(try DataSet(examples(labels.shuffled(using: &generator))).classes == first)
      }
    }
    #expect(try DataSet(examples(["1.0", "1", "-2", "01"])).classes == ["-2", "01", "1", "1.0"])
    #expect(try DataSet(examples(["nan", "10", "9"])).classes == ["10", "9", "nan"])
  }

  @Test func `one word in two spellings of Unicode is refused with its line`() {
    let error = #expect(throws: FathomError.self) { try DataSet(examples(["\u{E9}", "x", "e\u{301}"])) }
    #expect(error?.code == .data && error?.description.contains("line 3") == true)
    #expect(throws: FathomError.self) { try DataSet(examples(["e\u{301}"]), classes: ["\u{E9}", "x"]) }
  }

  @Test func `classes that differ in what the eye may miss are noted`() throws {
    let set = try DataSet(examples(["NEG", "pos", "neg", "po s", "other", "\u{FB01}n", "fin"]))
    #expect(set.classes.count == 7 && set.notes.count == 3, "\(set.notes)")
    #expect(set.notes.contains { $0.contains("'NEG', 'neg'") && $0.contains("are they one?") })
    #expect(try DataSet(examples(["neg", "pos", "1", "11", "a-b", "ab"])).notes.isEmpty)
  }

  @Test func `rows that are each a class of their own are noted, and messages stay short`() throws {
    let labels = (0..<5000).map { "text number \($0)" }
    let set = try DataSet(examples(labels))
    #expect(set.notes == ["5000 of 5000 classes have one example only: is it the right column of labels?"])
    let error = #expect(throws: FathomError.self) { try DataSet(examples(["other"]), classes: labels) }
    #expect(error!.description.utf8.count < 400 && error!.description.contains("and 4992 more"))
  }
}

@Suite struct PassageReaderTests {
  private func passages(_ bytes: [UInt8], longest: Int = 8192) throws -> [PassageReader.Passage] {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("t.txt")
      try Data(bytes).write(to: file)
      return try PassageReader(file, longest: longest).all()
    }
  }

  @Test func `passages are lines with their numbers`() throws {
    let found = try passages(Array("\u{FEFF}one\r\n\n  \ntwo words\nthree".utf8))
    #expect(found.map(\.text) == ["one", "two words", "three"] && found.map(\.line) == [1, 4, 5])
  }

  @Test func `nothing of a long line is lost, and no character is cut`() throws {
    let words = (0..<2000).map { "wört\($0)" }
    let found = try passages(Array(("x\n" + words.joined(separator: " ") + "\nlast").utf8), longest: 100)
    #expect(found.dropFirst().dropLast().flatMap { $0.text.split(separator: " ").map(String.init) } == words)
    #expect(found.allSatisfy { $0.text.utf8.count <= 100 } && found.last?.line == 3)
    let unbroken = String(repeating: "語", count: 500)
    #expect(try passages(Array(unbroken.utf8), longest: 64).map(\.text).joined() == unbroken)
  }

  @Test func `Latin-1 is refused with its line`() {
    let error = #expect(throws: FathomError.self) { try passages(Array("a\nb ".utf8) + [0xE9, 0x20]) }
    #expect(error?.description.contains("line 2") == true)
  }
}
