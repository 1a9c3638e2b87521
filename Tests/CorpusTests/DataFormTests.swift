import Files
import Fixtures
import Foundation
import Tables
import Testing

@testable import Corpus

/// Files as people have them, beyond one CSV in UTF-8.
@Suite struct DataFormTests {
  private func read(_ text: String, _ name: String, _ reader: CorpusReader = CorpusReader()) throws
    -> [LabelledText]
  {
    try Fixtures.withFile(text.utf8, name) { try reader.read($0, split: .train).all() }
  }

  private func error(_ text: String, _ name: String, _ reader: CorpusReader = CorpusReader()) -> FathomError?
  {
    #expect(throws: FathomError.self) { try read(text, name, reader) }
  }

  private func golden(_ name: String) -> URL { Fixtures.goldens.appendingPathComponent("tables/\(name)") }

  private func pairs(_ examples: [LabelledText]) -> [String] { examples.map { "\($0.text)|\($0.label)" } }

  // MARK: JSON arrays

  @Test(arguments: [
    #"[{"text": "a", "label": "x"}, {"text": "b]", "label": 1.50}]"#,
    "\u{FEFF}[\n  {\n \"text\": \"a\",\n \"label\": \"x\"\n },\n {\"label\": 1.50, \"text\": \"b]\", \"m\": [{}]}\n]\n",
    "[\r{\"text\":\"a\",\"label\":\"x\"}\r,{\"text\":\"b]\",\"label\":1.50}\r]\r",
  ])
  func `an array of objects is read as one object a line is`(text: String) throws {
    #expect(pairs(try read(text, "d.json")) == ["a|x", "b]|1.50"])
  }

  @Test(arguments: [
    (#"[{"text": "a", "label": "x"} {"text": "b"}]"#, "line 1"), ("[\n{\"text\": \"a\"", "line 2"),
    ("[\n{\"text\": \"a\", \"label\": \"x\"},\n{\"text\": 1, \"label\": \"y\"}]", "line 3"),
    ("[{\"text\": \"a\", \"label\": \"x\"}] x", "line 1"), ("[\n\"a\", \"b\"]", "line 2"),
    ("[]", "no examples"),
    ("[\n{\"text\": \"a\\", "line 2"),
  ])
  func `what is wrong in an array is named with its line`(text: String, expected: String) {
    #expect(error(text, "d.json")?.description.contains(expected) == true)
  }

  // MARK: Parquet and Arrow

  @Test(.enabled(if: TableReader.isAvailable), arguments: ["kinds.parquet", "kinds.feather", "kinds.arrows"])
  func `columns of Parquet and Arrow are texts and labels, and null is a bad row`(file: String) throws {
    var reader = CorpusReader(textColumn: "TEXT", labelColumn: "class")
    let error = #expect(throws: FathomError.self) { try reader.read(golden(file), split: .train).all() }
    let words = error?.description { $0.rawValue } ?? ""
    #expect(
      words.contains("row 2") && words.contains("and 1 more row") && words.contains("badRows"), "\(words)")
    reader.badRows = .skip
    let set = try reader.dataSet(golden(file), split: .train)
    #expect(Array(set.texts) == ["a fine film", "", "twelve bytes", "more than twelve bytes: 映画", "last"])
    #expect(set.targets.map { set.classes[$0] } == ["pos", "pos", "neg", "neg", "pos"])
    #expect(set.skipped.count == 2 && set.skipped.rows.map(\.place).allSatisfy { $0.contains(", row ") })
  }

  @Test(.enabled(if: TableReader.isAvailable))
  func `numbers of classes have their names, and compressed files are read as they are`() throws {
    #expect(
      pairs(try CorpusReader().read(golden("news.parquet"), split: .train).all())
        == ["item 0|World", "item 1|Sports", "item 2|Sci/Tech"])
    for name in ["rows.csv.gz", "rows.csv.zst"] {
      let examples = try CorpusReader().read(golden(name), split: .train).all()
      #expect(examples.count == 100 && examples[99].text == "film number 99 of a hundred", "\(name)")
      #expect(examples[99].place.hasSuffix("line 101"), "\(name)")
    }
    let reader = CorpusReader(textColumn: "text", labelColumn: "integer", badRows: .skip)
    #expect(try reader.read(golden("kinds.parquet.gz"), split: .train).all().count == 5)
    let wrong = #expect(throws: FathomError.self) {
      try CorpusReader().read(golden("kinds.parquet"), split: .train).all()
    }
    #expect(wrong?.description.contains("no column 'label'") == true)
  }

  @Test(.enabled(if: TableReader.isAvailable))
  func `folders that datasets saved give their splits`() throws {
    func texts(_ name: String, _ split: CorpusReader.Split) throws -> [String] {
      pairs(try CorpusReader().read(golden(name), split: split).all())
    }
    let names = ["World", "Sports", "Sci/Tech"]
    func items(_ range: Range<Int>) -> [String] { range.map { "item \($0)|\(names[$0 % 3])" } }
    #expect(try texts("news", .train) == items(0..<7))
    #expect(try texts("news", .validation) == items(7..<9))
    #expect(try texts("news", .test) == items(9..<13))
    #expect(try texts("news/train", .test) == items(0..<7))
    #expect(try texts("single", .train) == items(0..<3))
    try Fixtures.withFolder { folder in
      let copy = folder.appendingPathComponent("news")
      try FileManager.default.copyItem(at: golden("news"), to: copy)
      let dict = copy.appendingPathComponent("dataset_dict.json")
      try Data(#"{"splits": ["train"]}"#.utf8).write(to: dict)
      let absent = #expect(throws: FathomError.self) { try CorpusReader().read(copy, split: .test).all() }
      #expect(absent?.description.contains("no split 'test' (it has train)") == true)
      let state = copy.appendingPathComponent("train/state.json")
      for name in ["../test/data-00000-of-00001.arrow", "/etc/passwd", ""] {
        try Data(#"{"_data_files": [{"filename": "\#(name)"}]}"#.utf8).write(to: state)
        let error = #expect(throws: FathomError.self) { try CorpusReader().read(copy, split: .train).all() }
        #expect(error?.code == .damaged && error?.description.contains("state.json") == true, "\(name)")
      }
    }
  }

  @Test func `files named after their split are found in a folder`() throws {
    try Fixtures.withFolder { folder in
      let data = folder.appendingPathComponent("data")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      for (name, text) in [
        ("data/train-00000-of-00002.csv", "a,x"), ("data/train-00001-of-00002.csv", "b,y"),
        ("data/test.jsonl", ""), ("data/dev.csv", "c,x"), ("data/trainer.csv", "d,x"), ("README.md", "# x"),
      ] {
        let body = name.hasSuffix(".csv") ? "text,label\n\(text)\n" : "{\"text\": \"e\", \"label\": \"x\"}\n"
        try Data(body.utf8).write(to: folder.appendingPathComponent(name))
      }
      func texts(_ split: CorpusReader.Split) throws -> [String] {
        try CorpusReader().read(folder, split: split).all().map(\.text)
      }
      #expect(try texts(.train) == ["a", "b"])
      #expect(try texts(.validation) == ["c"])
      #expect(try texts(.test) == ["e"])
    }
  }

  // MARK: All columns

  @Test func `records have all columns, with or without labels, whatever form they are in`() throws {
    for (text, name) in [
      ("id,text,note\n7,a,\"x, y\"\n8,b,\n", "d.csv"), ("id;text;note\n7;a;x, y\n8;b;\n", "e.csv"),
      ("{\"id\": 7, \"text\": \"a\", \"note\": \"x, y\"}\n{\"text\": \"b\", \"id\": 8}\n", "d.jsonl"),
      ("[{\"id\": 7, \"text\": \"a\", \"note\": \"x, y\"}, {\"text\": \"b\", \"id\": 8}]", "d.json"),
    ] {
      try Fixtures.withFile(text.utf8, name) { file in
        var reader = try CorpusReader().records([file], split: .test)
        #expect(reader.columns == ["id", "text", "note"], "\(name)")
        let isJSON = name.hasSuffix("json") || name.hasSuffix("jsonl")
        let number: (String) -> Cell = { isJSON ? .word($0) : .text($0) }
        let first = try reader.next(), second = try reader.next(), end = try reader.next()
        #expect(first == [number("7"), .text("a"), .text("x, y")], "\(name)")
        #expect(second == [number("8"), .text("b"), isJSON ? .null : .text("")], "\(name)")
        #expect(end == nil, "\(name)")
      }
    }
    try Fixtures.withFile("7,a\n8,b\n".utf8, "d.csv") { file in
      var reader = try CorpusReader(textColumn: "2", hasHeader: false).records([file], split: .test)
      let first = try reader.next()
      #expect(reader.columns == ["1", "2"] && first == [.text("7"), .text("a")])
      #expect(reader.location?.description.hasSuffix("line 1") == true)
    }
  }

  @Test(.enabled(if: TableReader.isAvailable))
  func `records of Arrow files leave out what cannot be read, and say so`() throws {
    var reader = try CorpusReader().records([golden("kinds.feather")], split: .test)
    #expect(reader.columns.count == 18 && !reader.columns.contains("price"))
    #expect(reader.notes.count == 1 && reader.notes[0].contains("price"))
    var rows = 0
    while let cells = try reader.next() {
      #expect(cells.count == 18)
      rows += 1
    }
    #expect(rows == 7)
    let chosen = try CorpusReader().records(
      [golden("kinds.feather")], split: .test, columns: ["truth", "Text"])
    #expect(chosen.columns == ["truth", "text"])
  }

  // MARK: Several files

  @Test func `several files are one set, with the place of each row and a cache of their own`() throws {
    try Fixtures.withFolder { folder in
      let cache = DataCache(folder: folder.appendingPathComponent("cache"), smallest: 0)
      let files = ["a.csv", "b.jsonl", "c.tsv"].map { folder.appendingPathComponent($0) }
      try Data("text,label\n1,x\n".utf8).write(to: files[0])
      try Data("{\"text\": \"2\", \"label\": \"y\"}\n".utf8).write(to: files[1])
      try Data("label\ttext\nx\t3\nx\t\"4\n".utf8).write(to: files[2])
      #expect(pairs(try CorpusReader().read(files, split: .train).all()) == ["1|x", "2|y", "3|x", "\"4|x"])
      let set = try CorpusReader().dataSet(files, split: .train, cache: cache)
      #expect(Array(set.texts) == ["1", "2", "3", "\"4"] && set.classes == ["x", "y"])
      try Data("label\ttext\nx\t3\n\t4\n".utf8).write(to: files[2])
      let error = #expect(throws: FathomError.self) {
        try CorpusReader().dataSet(files, split: .train, cache: cache)
      }
      #expect(error?.description.contains("c.tsv, line 3") == true)
      let two = try CorpusReader().dataSet(Array(files[..<2]), split: .train, cache: cache)
      #expect(Array(two.texts) == ["1", "2"])
    }
  }

  // MARK: Tables

  @Test(arguments: [
    ("text;label\na, b;x\nc;y\n", "d.csv", "';'"), ("text\tlabel\na, b\tx\nc\ty\n", "d.csv", "a tab"),
    ("id|text|label\n1|a, b|x\n2|c|y\n", "d.csv", "'|'"),
    ("text,label\n\"a, b\",x\nc,y\n", "d.tsv", "a comma"),
    ("text;label\n\"a, b\";x\n\"c\";y\n", "d.csv.txt", ""),
  ])
  func `another delimiter is recognised by the columns that it gives, and noted`(
    text: String, name: String, note: String
  ) throws {
    if name.hasSuffix(".txt") {
      #expect(throws: FathomError.self) { try read(text, name) }
      #expect(pairs(try read(text, name, CorpusReader(form: .csv))) == ["a, b|x", "c|y"])
      return
    }
    try Fixtures.withFile(text.utf8, name) { file in
      let reader = CorpusReader(quoting: name.hasSuffix("tsv") ? .rfc4180 : nil)
      let set = try reader.dataSet(file, split: .train)
      #expect(Array(set.texts) == ["a, b", "c"])
      #expect(set.notes.contains { $0.contains("fields end at \(note)") }, "\(set.notes)")
    }
  }

  @Test func `a delimiter that is given is the one`() throws {
    let text = "text:label\na;b:x\n"
    #expect(error(text, "d.csv")?.description.contains("no column 'text'") == true)
    #expect(pairs(try read(text, "d.csv", CorpusReader(delimiter: 0x3A))) == ["a;b|x"])
    let wrong = error("text,label\na,x\n", "d.csv", CorpusReader(delimiter: 0x3B))
    #expect(wrong?.description.contains("no column 'text'") == true)
    let semicolons = try read(
      "1;good\n0;bad\n", "d.csv", CorpusReader(textColumn: "2", labelColumn: "1", hasHeader: false))
    #expect(pairs(semicolons) == ["good|1", "bad|0"])
  }

  @Test func `a first row that is an example is no header`() throws {
    let reader = CorpusReader(textColumn: "2", labelColumn: "1")
    try Fixtures.withFile("1,good\n0,bad\n1,fine\n".utf8, "d.csv") { file in
      let set = try reader.dataSet(file, split: .train)
      #expect(set.count == 3 && set.notes.contains { $0.contains("the first row is an example") })
    }
    #expect(try read("stars,review\n0,bad\n1,fine\n", "d.csv", reader).count == 2)
    var header = reader
    header.hasHeader = true
    #expect(try read("1,good\n0,bad\n1,fine\n", "d.csv", header).count == 2)
  }

  @Test(arguments: ["Text,LABEL", " text , label ", "TEXT,La bel"])
  func `columns are found without regard to case and blanks`(header: String) throws {
    #expect(pairs(try read(header + "\na,x\n", "d.csv")) == ["a|x"])
    let keys = header.split(separator: ",")
    #expect(pairs(try read("{\"\(keys[0])\": \"a\", \"\(keys[1])\": 1}\n", "d.jsonl")) == ["a|1"])
  }

  @Test func `the exact name goes before one in other case, and two in other case are refused`() throws {
    #expect(pairs(try read("Text,text,label\na,b,x\n", "d.csv")) == ["b|x"])
    #expect(error("Text,TEXT,label\na,b,x\n", "d.csv")?.description.contains("2 columns 'text'") == true)
  }

  // MARK: Encodings

  @Test(arguments: [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian])
  func `UTF-16 is recognised by its mark, or read as such where it is said`(encoding: String.Encoding) throws
  {
    for (text, name) in [
      ("text,label\nÄ 🎬,x\nb,y\n", "d.csv"), ("text\tlabel\r\nÄ 🎬\tx\r\nb\ty\r\n", "d.tsv"),
      ("{\"text\": \"Ä 🎬\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n", "d.jsonl"),
    ] {
      let bytes = try #require(text.data(using: encoding))
      try Fixtures.withFile(bytes, name) { file in
        let isMarked = [0xFE, 0xFF].contains(bytes[0])
        let found = try CorpusReader(encoding: .utf16).read(file, split: .train).all()
        #expect(pairs(found) == ["Ä 🎬|x", "b|y"])
        if isMarked { #expect(try CorpusReader().read(file, split: .train).all().count == 2) }
      }
    }
  }

  @Test func `half of a surrogate pair and half of a character are refused with their place`() throws {
    let head: [UInt8] = [0xFF, 0xFE]
    for tail: [UInt8] in [[0x3D, 0xD8], [0x3D, 0xD8, 0x41, 0], [0, 0xDC, 0x41, 0], [0x41]] {
      let error = try Fixtures.withFile(head + tail, "d.csv") { file in
        #expect(throws: FathomError.self) { try CorpusReader().read(file, split: .train).all() }
      }
      #expect(error?.code == .damaged && error?.description.contains("UTF-16") == true)
    }
  }

  @Test func `Latin-1 is read where it is said, and named as the mend where it is not`() throws {
    let bytes =
      Array("text,label\nna".utf8) + [0xEF] + Array("ve caf".utf8) + [0xE9] + Array(",x\nb,y\n".utf8)
    try Fixtures.withFile(bytes, "d.csv") { file in
      let found = try CorpusReader(encoding: .latin1).read(file, split: .train).all()
      #expect(pairs(found) == ["naïve café|x", "b|y"])
      let error = #expect(throws: FathomError.self) { try CorpusReader().read(file, split: .train).all() }
      let words = error?.description { $0.rawValue } ?? ""
      #expect(words.contains("line 2") && words.contains("encoding"), "\(words)")
    }
  }

  // MARK: Bad rows

  private static let flawed = "text,label\na,x\nb\nc,\nd,y\n,x\ne,y,z\n"

  @Test func `bad rows are counted where the first is refused`() throws {
    let words = error(Self.flawed, "d.csv")?.description { $0.rawValue } ?? ""
    #expect(
      words.contains("line 3: 1 fields") && words.contains("and 2 more rows cannot be used"), "\(words)")
  }

  @Test func `bad rows are left out and listed on request, also from the cache`() throws {
    try Fixtures.withFile(Self.flawed.utf8, "d.csv") { file in
      let cache = DataCache(folder: file.deletingLastPathComponent().appendingPathComponent("c"), smallest: 0)
      for time in ["read", "found"] {
        let set = try CorpusReader(badRows: .skip).dataSet(file, split: .train, cache: cache)
        #expect(Array(set.texts) == ["a", "d", ""], "\(time)")
        #expect(set.skipped.count == 3, "\(time)")
        #expect(
          set.skipped.rows.map(\.place).map { $0.suffix(6) } == ["line 3", "line 4", "line 7"], "\(time)")
        #expect(set.skipped.rows[1].reason == "the label is empty", "\(time)")
      }
    }
    let lines =
      "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": null, \"label\": \"y\"}\nnonsense\n"
      + "{\"text\": \"b\", \"label\": \"y\"}\n"
    #expect(try read(lines, "d.jsonl", CorpusReader(badRows: .skip)).count == 2)
    #expect(
      try read(
        "[" + lines.replacingOccurrences(of: "\n", with: ",") + "{}]", "d.json", CorpusReader(badRows: .skip)
      ).count == 2)
  }

  @Test func `a file of bad rows alone says so`() {
    let words = error("text,label\na,\nb,\n", "d.csv", CorpusReader(badRows: .skip))?.description ?? ""
    #expect(
      words.contains("holds no examples") && words.contains("2 rows were left out")
        && words.contains("line 2"))
  }

  @Test func `a quote that never closes ends the reading whatever is said of bad rows`() {
    #expect(error("text,label\na,x\n\"b,y\n", "d.csv", CorpusReader(badRows: .skip))?.code == .damaged)
  }
}
