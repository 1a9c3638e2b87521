import Files
import Fixtures
import Foundation
import Testing

@testable import WordPiece

@Suite struct TokenizerFolderTests {
  private struct Goldens: Decodable {
    struct Folder: Decodable {
      let name: String
      let files: [String: String]
      let ids: [[Int32]]
    }

    let texts: [String]
    let folders: [Folder]
    let digests: [String]
    let marks: [String]
    let normalized: [[String]]
  }

  private func goldens() throws -> Goldens {
    let file = Fixtures.goldens.appendingPathComponent("tokenizer/folders.json")
    return try JSONDecoder().decode(Goldens.self, from: Data(contentsOf: file))
  }

  private func write(_ files: [String: String], to folder: URL) throws {
    for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
  }

  private static let pieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"

  @Test func `folders give the ids of Hugging Face, before and after saving`() throws {
    let goldens = try goldens()
    #expect(goldens.folders.count > 15)
    for golden in goldens.folders {
      try Fixtures.withFolder { folder in
        try write(golden.files, to: folder)
        let tokenizer = try Tokenizer(folder: folder)
        try tokenizer.write(to: folder, maximumLength: 512)
        let again = try Tokenizer(folder: folder)
        for (text, expected) in zip(goldens.texts, golden.ids) {
          #expect(tokenizer.encode(text) == expected, "\(golden.name): \(text)")
          #expect(again.encode(text) == expected, "\(golden.name), saved: \(text)")
        }
        #expect(again.givesSameIDs(as: tokenizer), "\(golden.name)")
      }
    }
  }

  @Test func `every code point is normalised as in Hugging Face, whatever the options`() throws {
    let digests = try goldens().digests
    let options = [(false, false), (false, true), (true, false), (true, true)]
    for ((lowercases, stripsAccents), expected) in zip(options, digests) {
      let table = ScalarTable(TokenizerOptions(lowercases: lowercases, stripsAccents: stripsAccents))
      var all: [UInt8] = []
      for start in stride(from: UInt32(0), to: 0x20000, by: 256) {
        var text = ""
        for code in start..<start + 256 {
          if let scalar = Unicode.Scalar(code) { text.unicodeScalars.append(contentsOf: ["a", scalar, "."]) }
        }
        all += text.withUTF8 { NormalizedText($0, table: table).bytes }
      }
      #expect(Data(all).sha256 == expected, "lower case \(lowercases), accents stripped \(stripsAccents)")
    }
  }

  @Test func `marks stand in their canonical order`() throws {
    let goldens = try goldens()
    let options = [(false, false), (false, true), (true, false), (true, true)]
    for (index, (lowercases, stripsAccents)) in options.enumerated() {
      let table = ScalarTable(TokenizerOptions(lowercases: lowercases, stripsAccents: stripsAccents))
      for (text, expected) in zip(goldens.marks, goldens.normalized) {
        var text = text
        let found = text.withUTF8 { NormalizedText($0, table: table).bytes }
        #expect(found == Array(expected[index].utf8))
      }
    }
  }

  @Test func `a vocabulary with capitals keeps them where no file speaks of case`() throws {
    try Fixtures.withFolder { folder in
      try write(["vocab.txt": Self.pieces + "Film\nfilm\n"], to: folder)
      #expect(try !Tokenizer(folder: folder).lowercases)
      try write(["vocab.txt": Self.pieces + "film\n", "tokenizer_config.json": "{}"], to: folder)
      #expect(try Tokenizer(folder: folder).lowercases)
    }
  }

  @Test(arguments: [
    #""normalizer": {"type": "NFD"}"#, #""pre_tokenizer": {"type": "WhitespaceSplit"}"#,
    #""model": {"type": "BPE", "vocab": {}}"#, #""model": {"type": "Unigram", "vocab": []}"#,
    #""model": {"type": "WordPiece", "continuing_subword_prefix": "@@", "vocab": {}}"#,
    #""post_processor": {"type": "RobertaProcessing"}"#,
  ])
  func `a rule that is not BERT's is refused`(_ rule: String) throws {
    try Fixtures.withFolder { folder in
      let model = rule.contains("model") ? "" : ", \"model\": {\"vocab\": {\"[PAD]\": 0}}"
      try write(["tokenizer.json": "{\(rule)\(model)}"], to: folder)
      let error = #expect(throws: FathomError.self) { try Tokenizer(folder: folder) }
      #expect(error?.code == .unsupported)
    }
  }

  @Test func `another tokenizer's class is refused by its name`() throws {
    try Fixtures.withFolder { folder in
      for name in ["tokenizer_config.json", "config.json"] {
        try write(
          ["vocab.txt": Self.pieces, name: #"{"tokenizer_class": "BertJapaneseTokenizer"}"#], to: folder)
        let error = #expect(throws: FathomError.self) { try Tokenizer(folder: folder) }
        #expect(error?.code == .unsupported)
        #expect(error.map { "\($0)".contains("BertJapaneseTokenizer") } == true)
        try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
      }
    }
  }

  @Test func `another normalizer is followed alone and refused beside other options`() throws {
    try Fixtures.withFolder { folder in
      let vocabulary = #"{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"café":4,"中文":5}"#
      let json =
        #"{"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"vocab":"#
        + vocabulary + "}}"
      try write(["tokenizer.json": json], to: folder)
      #expect(try Tokenizer(folder: folder).encode("CAFÉ 中文") == [2, 4, 5, 3])
      try write(["tokenizer_config.json": #"{"do_lower_case": true}"#], to: folder)
      #expect(throws: FathomError.self) { try Tokenizer(folder: folder) }
    }
  }

  @Test func `pieces that a line cannot hold survive saving`() throws {
    try Fixtures.withFolder { folder in
      let vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a\nb", "c ", "d"])
      try Tokenizer(vocabulary).write(to: folder, maximumLength: 8)
      #expect(try Tokenizer(folder: folder).vocabulary.tokens == vocabulary.tokens)
    }
  }
}
