import Fixtures
import Foundation
import Tables
import Testing

@testable import fathom

@Suite(.serialized) struct DataCommandTests {
  private func withFiles(_ files: [String: String], _ body: (URL) throws -> Void) throws {
    try Fixtures.withFolder { folder in
      for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
      try body(folder)
    }
  }

  private let rows = "text,label\ngood film,pos\nbad film,neg\nGood  film,neg\nx,\nlong plot,neg\n"

  @Test func `data says what a set is like, in words and as JSON`() throws {
    try withFiles(["d.csv": rows, "t.jsonl": "{\"text\": \"bad film\", \"label\": \"Neg\"}\n"]) { folder in
      let words = try fathom(["data", "d.csv", "--test", "t.jsonl"], in: folder)
      #expect(words.status == 0, "\(words.errors)")
      for part in [
        "d.csv: 4 examples, 2 classes", "1 rows cannot be used", "line 5",
        "1 texts stand under several labels",
        "line 2 ('pos')", "1 of 1 test texts occur in the training set, 1 under another label",
        "only in the test set: Neg",
      ] {
        #expect(words.output.contains(part), "\(part): \(words.output)")
      }
      let object = try json(fathom(["data", "d.csv", "--json"], in: folder).output)
      #expect(object["rows"] as? Int == 4 && (object["classes"] as? [Any])?.count == 2)
    }
  }

  @Test func `data counts tokens where a model is given`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 60, test: 40)
      let arguments = ["data", "train.csv", "--model", "model", "--max-length", "4", "--json"]
      let object = try json(fathom(arguments, in: folder).output)
      let tokens = try #require(object["tokens"] as? [String: Any])
      #expect(tokens["maximum_length"] as? Int == 4 && (tokens["cut_texts"] as? Int ?? 0) > 0)
    }
  }

  @Test func `patterns, several files and standard input are one set`() throws {
    let files = [
      "a1.csv": "text,label\na,x\n", "a2.csv": "text,label\nb,y\n", "c.tsv": "label\ttext\nx\tc\n",
    ]
    try withFiles(files) { folder in
      func count(_ arguments: [String], input: String = "") throws -> Int? {
        let outcome = try fathom(["data"] + arguments + ["--json"], input: input, in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try json(outcome.output)["rows"] as? Int
      }
      #expect(try count(["a*.csv"]) == 2)
      #expect(try count(["a?.csv", "c.tsv"]) == 3)
      #expect(try count(["-"], input: "text;label\na;x\nb;y\n") == 2)
      #expect(try count(["-", "a1.csv"], input: "[{\"text\": \"a\", \"label\": 1}]") == 2)
      let none = try fathom(["data", "b*.csv"], in: folder)
      #expect(none.status != 0 && none.errors.contains("b*.csv: no file is named so"))
      let twice = try fathom(["data", "-", "--test", "-"], in: folder)
      #expect(twice.status != 0 && twice.errors.contains("once only"))
    }
  }

  @Test func `what --bad-rows skip leaves out is listed`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 60, test: 40)
      let train = folder.appendingPathComponent("train.csv")
      let flawed = try String(contentsOf: train, encoding: .utf8) + "no label,\n\"a, \"\"b\"\"\",\n"
      try Data(flawed.utf8).write(to: train)
      let base = ["evaluate", "--model", "classifier", "--test", "train.csv"]
      let arguments = [
        "train", "--model", "model", "--train", "train.csv", "--test", "test.csv", "--variant", "1VA",
        "--out",
        "classifier", "--epochs", "1", "--max-length", "16", "--threads", "1", "--quiet",
      ]
      let refused = try fathom(arguments, in: folder)
      #expect(
        refused.status != 0 && refused.errors.contains("and 1 more row cannot be used"), "\(refused.errors)")
      #expect(refused.errors.contains("--bad-rows skip"))
      let done = try fathom(arguments + ["--bad-rows", "skip"], in: folder)
      #expect(done.status == 0 && done.errors.contains("2 rows of train.csv were left out"), "\(done.errors)")
      let list = folder.appendingPathComponent("classifier.train-skipped.csv")
      let lines = try String(contentsOf: list, encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 3 && lines[0] == "place,reason" && lines[1].contains("line 62"))
      let listed = try fathom(base + ["--bad-rows", "skip", "--skipped-rows", "s.csv"], in: folder)
      #expect(listed.status == 0 && listed.errors.contains("s.csv lists them"), "\(listed.errors)")
      let pointless = try fathom(base + ["--skipped-rows", "s.csv"], in: folder)
      #expect(pointless.status != 0 && pointless.errors.contains("--skipped-rows has no effect"))
    }
  }

  @Test(.enabled(if: TableReader.isAvailable))
  func `Parquet and compressed files train as CSV does`() throws {
    let news = Fixtures.goldens.appendingPathComponent("tables/news").path
    let object = try json(fathom(["data", news, "--test", news, "--json"]).output)
    #expect(object["rows"] as? Int == 7)
    let overlap = try #require(object["overlap"] as? [String: Any])
    #expect(overlap["test_rows"] as? Int == 4 && overlap["same_label"] as? Int == 0)
  }

  @Test(arguments: [("tab", 9), ("\\t", 9), (";", 59), ("|", 124), ("comma", 44)])
  func `delimiters have names`(argument: String, byte: Int) {
    #expect(DelimiterArgument(argument: argument).map { Int($0.byte) } == byte)
  }

  @Test(arguments: ["", "ab", "\"", "\n", "é"])
  func `what is no delimiter is refused`(argument: String) {
    #expect(DelimiterArgument(argument: argument) == nil)
  }
}
