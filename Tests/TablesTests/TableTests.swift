import Files
import Fixtures
import Foundation
import Testing

@testable import Tables

/// Files that pyarrow and datasets wrote (Tools/make-tables-goldens.py), and our own.
@Suite(.enabled(if: TableReader.isAvailable)) struct TableTests {
  private static func open(_ url: URL) throws -> TableReader {
    let file = try MappedFile(url)
    let form = try #require(TableReader.Form(startOf: file.bytes), "\(url.path)")
    return try TableReader(file, path: url.path, form: form)
  }

  private static func open(_ name: String) throws -> TableReader {
    try open(Fixtures.goldens.appendingPathComponent("tables/\(name)"))
  }

  private func column(_ name: String, of reader: TableReader) throws -> [Cell] {
    var reader = reader
    let column = try #require(reader.columns.firstIndex(of: name), "\(name)")
    try reader.select([column])
    var cells: [Cell] = []
    while try reader.advance() { cells.append(try reader.cell(column)) }
    return cells
  }

  private static let texts: [Cell] = [
    .text("a fine film"), .null, .text("zu viel Lärm"), .text(""), .text("twelve bytes"),
    .text("more than twelve bytes: 映画"), .text("last"),
  ]

  @Test(arguments: ["kinds.parquet", "kinds.feather", "kinds.arrows", "kinds.arrow"])
  func `every kind of column is read as it was written`(file: String) throws {
    // The Arrow file was written from its second row on: its columns start inside their buffers.
    let skipped = file == "kinds.arrow" ? 1 : 0
    func expect(_ name: String, _ cells: [Cell]) throws {
      let found = try column(name, of: TableTests.open(file))
      #expect(found == Array(cells.dropFirst(skipped)), "\(file), \(name)")
    }
    func words(_ words: [String?]) -> [Cell] { words.map { $0.map(Cell.word) ?? .null } }
    try expect("text", TableTests.texts)
    try expect("large", TableTests.texts)
    try expect("class", ["pos", "neg", nil, "pos", "neg", "neg", "pos"].map { $0.map(Cell.text) ?? .null })
    try expect("integer", words(["1", "-2", nil, "4", "5", "6", "7"]))
    try expect("unsigned", words(["0", "18446744073709551615", nil, "3", "4", "5", "6"]))
    try expect("single", words(["0.1", "-1.5", nil, "3.0", "4.0", "5.0", "6.0"]))
    try expect("double", words(["0.1", "1e+300", nil, "3.0", "4.0", "5.0", "6.0"]))
    try expect("truth", words(["true", "false", nil, "true", "true", "false", "false"]))
    try expect(
      "bytes", [.bytes([0x61, 0xFF]), .bytes([]), .null] + "defg".utf8.map { .bytes([$0]) })
    try expect(
      "tags",
      [
        .list([.text("x"), .text("y")]), .list([]), .null, .list([.text("z"), .null]), .list([.text("x")]),
        .list([.text("y")]), .list([.text("x")]),
      ])
    let last = Cell.list([.word("5.0"), .word("6.0")])
    try expect(
      "box",
      [
        .list([.word("1.0"), .word("2.0")]), .list([.word("3.0"), .word("4.0")]), .null, last, last, last,
        last,
      ])
    func person(_ name: Cell, _ marks: [String]) -> Cell {
      .object([.init(key: "who", value: name), .init(key: "marks", value: .list(marks.map(Cell.word)))])
    }
    let other = person(.text("B"), ["3"])
    try expect(
      "nested", [person(.text("Ann"), ["1", "2"]), person(.null, []), .null, other, other, other, other])
    let day = Cell.text("1970-01-01")
    try expect("day", [.text("1969-12-31"), .text("2024-02-29"), .null, day, day, day, day])
    let moment = Cell.text("1970-01-01T00:00:00")
    try expect(
      "moment",
      [
        .text("1969-12-31T23:59:59.500000"), .text("2024-02-29T01:02:03"), .null, moment, moment, moment,
        moment,
      ])
    try expect("nothing", [Cell](repeating: .null, count: 7))
    guard file != "kinds.parquet" else { return }
    try expect("view", TableTests.texts)
    try expect("half", words(["0.5", "65504.0", nil, "-2.0", "6.097555e-05", "5.0", "6.0"]))
    let error = #expect(throws: FathomError.self) { try column("price", of: TableTests.open(file)) }
    #expect(error?.code == .unsupported && error?.description.contains("column 'price'") == true)
  }

  @Test func `class numbers have the names that datasets keeps`() throws {
    #expect(
      try column("label", of: TableTests.open("news.parquet"))
        == ["World", "Sports", "Sci/Tech"].map(Cell.text))
    #expect(
      try column("labels", of: TableTests.open("many.parquet"))
        == [.list([.text("joy"), .text("fear")]), .list([])])
    #expect(try column("label", of: TableTests.open("unlabelled.parquet")) == [.null, .text("Sci/Tech")])
  }

  @Test func `several columns are read side by side, in the order that is asked for`() throws {
    var reader = try TableTests.open("kinds.arrows")
    let columns = try ["truth", "text"].map { try #require(reader.columns.firstIndex(of: $0)) }
    try reader.select(columns)
    #expect(try reader.advance())
    #expect(try columns.map(reader.cell) == [.word("true"), .text("a fine film")])
    #expect(reader.row == 1 && reader.place.hasSuffix("kinds.arrows, row 1"))
  }

  @Test(arguments: [
    (TableReader.Form.parquet, TableWriter.Compression.snappy), (.parquet, .none), (.parquet, .zstd),
    (.arrowFile, .lz4), (.arrowFile, .none), (.arrowStream, .zstd),
  ])
  func `what is written is read back`(form: TableReader.Form, compression: TableWriter.Compression) throws {
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("t.data")
      let columns: [TableWriter.Column] = [
        .init("text", .text), .init("score", .number), .init("id", .integer), .init("ok", .truth),
        .init("labels", .textList), .init("scores", .numberList),
      ]
      try TableWriter.write(url, columns: columns, form: form, compression: compression) { writer in
        for group in 0..<3 {
          try writer.append([
            .text(["é\(group)", nil, ""]), .number([0.1, .infinity, nil]), .integer([nil, .min, .max]),
            .truth([true, nil, false]), .textList([["a", "b"], nil, []]), .numberList([[], [1, 2], nil]),
          ])
        }
      }
      let cells = try columns.map { try column($0.name, of: TableTests.open(url)) }
      #expect(cells[0] == (0..<3).flatMap { [.text("é\($0)"), .null, .text("")] })
      func repeated(_ cells: [Cell]) -> [Cell] { cells + cells + cells }
      #expect(cells[1] == repeated([.word("0.1"), .word("inf"), .null]))
      #expect(cells[2] == repeated([.null, .word("\(Int64.min)"), .word("\(Int64.max)")]))
      #expect(cells[3] == repeated([.word("true"), .null, .word("false")]))
      #expect(cells[4] == repeated([.list([.text("a"), .text("b")]), .null, .list([])]))
      #expect(cells[5] == repeated([.list([]), .list([.word("1.0"), .word("2.0")]), .null]))
    }
  }

  @Test func `a file that is being written is not there before it is finished`() throws {
    struct Stop: Error {}
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("t.parquet")
      #expect(throws: Error.self) {
        try TableWriter.write(url, columns: [.init("a", .text)]) { writer in
          try writer.append([.text(["x"])])
          #expect(!FileManager.default.fileExists(atPath: url.path))
          throw Stop()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      try TableWriter.write(url, columns: [.init("a", .text)]) { _ in }
      #expect(try column("a", of: TableTests.open(url)).isEmpty)
    }
  }

  @Test func `gzip and zstd give back what went in, also of several members`() throws {
    let expected =
      "text,label\n"
      + (0..<100).map { "film number \($0) of a hundred,\($0 % 2 == 1 ? "neg" : "pos")\n" }.joined()
    for name in ["rows.csv.gz", "rows.csv.zst"] {
      let file = try MappedFile(Fixtures.goldens.appendingPathComponent("tables/\(name)"))
      let form = try #require(Compressed(startOf: file.bytes))
      let inflated = try form.inflated(file)
      #expect(String(decoding: inflated.bytes, as: UTF8.self) == expected, "\(name)")
      withExtendedLifetime(inflated) {}
    }
  }

  @Test func `what is cut off is refused in one sentence`() throws {
    try Fixtures.withFolder { folder in
      for name in ["rows.csv.gz", "rows.csv.zst", "kinds.parquet", "kinds.feather", "news.parquet"] {
        let whole = try Data(contentsOf: Fixtures.goldens.appendingPathComponent("tables/\(name)"))
        let url = folder.appendingPathComponent(name)
        try whole.prefix(whole.count * 2 / 3).write(to: url)
        let error = #expect(throws: FathomError.self) {
          let file = try MappedFile(url)
          if let form = Compressed(startOf: file.bytes) {
            _ = try form.inflated(file)
          } else {
            _ = try column("text", of: TableTests.open(url))
          }
        }
        #expect(error?.code == .damaged && error?.description.contains(url.path) == true, "\(name)")
        #expect(error?.description.contains("\n") == false, "\(name)")
      }
    }
  }

  @Test func `a short seeded run of changed bytes ends in cells or in one error`() throws {
    var generator = SystemSeed(7)
    for name in [
      "kinds.parquet", "kinds.feather", "kinds.arrows", "news.parquet", "rows.csv.gz", "rows.csv.zst",
    ] {
      let sound = Array(try Data(contentsOf: Fixtures.goldens.appendingPathComponent("tables/\(name)")))
      try Fixtures.withFolder { folder in
        let url = folder.appendingPathComponent(name)
        for _ in 0..<200 {
          var bytes = sound
          for _ in 0..<Int.random(in: 1...4, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
              in: 0...255, using: &generator)
          }
          try Data(bytes).write(to: url)
          do {
            let file = try MappedFile(url)
            if let form = Compressed(startOf: file.bytes) { _ = try form.inflated(file) }
            guard let form = TableReader.Form(startOf: file.bytes) else { continue }
            var reader = try TableReader(file, path: url.path, form: form)
            while try reader.advance() {
              for column in reader.columns.indices {
                do { _ = try reader.cell(column) } catch let error as FathomError
                  where error.code == .unsupported
                {}
              }
            }
          } catch is FathomError {}
        }
      }
    }
  }
}
