import Files
import Fixtures
import Foundation
import Testing
import WordPiece

@Suite struct TokenizerTests {
  private static let folder = Fixtures.goldens.appendingPathComponent("tokenizer")

  private func tokenizer(lowercases: Bool) throws -> Tokenizer {
    let text = try String(contentsOf: Self.folder.appendingPathComponent("vocab.txt"), encoding: .utf8)
    let tokens = text.utf8.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    return try Tokenizer(Vocabulary(tokens), options: TokenizerOptions(lowercases: lowercases))
  }

  @Test func `ids equal those of Hugging Face on every golden string, cased and uncased`() throws {
    let cased = try tokenizer(lowercases: false), uncased = try tokenizer(lowercases: true)
    let lines = try Data(contentsOf: Self.folder.appendingPathComponent("strings.jsonl")).split(separator: 10)
    #expect(lines.count >= 5000)
    var texts: [String] = [], casedIDs: [[Int32]] = [], uncasedIDs: [[Int32]] = []
    for line in lines {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      texts.append(try #require(object["text"] as? String))
      casedIDs.append(try #require(object["cased"] as? [Int]).map(Int32.init))
      uncasedIDs.append(try #require(object["uncased"] as? [Int]).map(Int32.init))
    }
    // On all cores, and one by one: the order and the cache must not matter.
    for (found, expected) in [(cased.encode(texts), casedIDs), (uncased.encode(texts), uncasedIDs)] {
      let wrong = found.indices.filter { found[$0] != expected[$0] }
      #expect(
        wrong.isEmpty,
        "\(wrong.count) of \(found.count), the first: \(wrong.first.map { texts[$0].debugDescription } ?? "")"
      )
    }
    for index in stride(from: 0, to: texts.count, by: 50) {
      #expect(uncased.encode(texts[index]) == uncasedIDs[index])
    }
  }

  @Test func `long texts keep their head, their tail or both`() throws {
    let ids = (1...10).map(Int32.init)
    #expect(Truncation.head.apply(ids, room: 4) == [1, 2, 3, 4])
    #expect(Truncation.tail.apply(ids, room: 4) == [7, 8, 9, 10])
    #expect(Truncation.headAndTail(headShare: 0.25).apply(ids, room: 4) == [1, 8, 9, 10])
    #expect(Truncation.headAndTail(headShare: 0).apply(ids, room: 4) == [7, 8, 9, 10])
    // The study of 2019 cuts: int(5 * 0.5) is 2.
    #expect(Truncation.headAndTail(headShare: 0.5).apply(ids, room: 5) == [1, 2, 8, 9, 10])
    #expect(Truncation.headAndTail(headShare: 1).apply(ids, room: 4) == [1, 2, 3, 4])
    #expect(Truncation.tail.apply(ids, room: 10) == ids)
    let tokenizer = try tokenizer(lowercases: true)
    let cut = tokenizer.encode("the film was not bad at all", maximumLength: 5)
    #expect(cut.count == 5 && cut.first == tokenizer.clsTokenID && cut.last == tokenizer.sepTokenID)
  }

  @Test func `a digest tells apart whatever changes ids, and nothing else`() throws {
    let vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b\u{e9}"])
    let first = try Tokenizer(vocabulary)
    #expect(first.digest.count == 64)
    #expect(try Tokenizer(vocabulary).givesSameIDs(as: first))
    // The same word for Swift's strings, other bytes.
    let decomposed = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "be\u{301}"])
    let others = [
      try Tokenizer(decomposed), try Tokenizer(vocabulary, options: TokenizerOptions(lowercases: false)),
      try Tokenizer(vocabulary, specialTokens: ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "a"]),
    ]
    for other in others { #expect(!other.givesSameIDs(as: first)) }
    #expect(Set(others.map(\.digest)).count == 3)
  }

  @Test func `malformed UTF-8 reads as its replacement and is dropped`() throws {
    let tokenizer = try tokenizer(lowercases: true)
    let broken = String(decoding: [0x66, 0xFF, 0x69, 0xC0, 0x6C, 0x6D] as [UInt8], as: UTF8.self)
    #expect(tokenizer.encode(broken) == tokenizer.encode("film"))
  }

  @Test func `vocab.txt and tokenizer.json give the same tokenizer`() throws {
    try Fixtures.withFolder { folder in
      let original = try tokenizer(lowercases: true)
      var vocabulary = "", separator = ""
      for (id, token) in original.vocabulary.tokens.enumerated() {
        let quoted = String(
          decoding: try JSONSerialization.data(withJSONObject: token, options: .fragmentsAllowed),
          as: UTF8.self)
        vocabulary += "\(separator)\(quoted): \(id)"
        separator = ", "
      }
      let json = """
        {"added_tokens": [{"id": 0, "content": "[PAD]", "special": true}],
         "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null,
           "clean_text": true, "handle_chinese_chars": true},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "max_input_chars_per_word": 100,
           "vocab": {\(vocabulary)}}}
        """
      try Data(json.utf8).write(to: folder.appendingPathComponent("tokenizer.json"))
      let read = try Tokenizer(folder: folder)
      #expect(
        read.vocabulary.tokens.elementsEqual(original.vocabulary.tokens) { $0.utf8.elementsEqual($1.utf8) })
      #expect(read.options == original.options)

      try original.write(to: folder, maximumLength: 128)
      let again = try Tokenizer(folder: folder)
      for text in ["Ein schöner Film, [SEP] naïve!", "e\u{301}té 中文"] {
        #expect(again.encode(text) == original.encode(text))
      }
    }
  }

  @Test func `hostile tokenizer files are refused with a sentence`() throws {
    try Fixtures.withFolder { folder in
      let json = folder.appendingPathComponent("tokenizer.json")
      for text in [
        "", "[]", "{\"model\": {\"type\": \"BPE\", \"vocab\": {\"a\": 0}}}",
        "{\"model\": {\"vocab\": {\"[PAD]\": 7}}}",
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 0}}}", "{\"model\": {\"vocab\": {\"a\": -1}}}",
        "{\"model\": {\"vocab\": {\"a\": 99999999999999999999}}}",
      ] {
        try Data(text.utf8).write(to: json)
        #expect(throws: FathomError.self) { try Tokenizer(folder: folder) }
      }
      try FileManager.default.removeItem(at: json)
      #expect(throws: FathomError.self) { try Tokenizer(folder: folder) }
      for bytes in [Data(), Data([0xFF, 0xFE]), Data("just\nwords\n".utf8)] {
        try bytes.write(to: folder.appendingPathComponent("vocab.txt"))
        #expect(throws: FathomError.self) { try Tokenizer(folder: folder) }
      }
    }
  }

  @Test func `a learned vocabulary covers its text and merges the frequent`() throws {
    let texts = (0..<50).map { "the film was unbelievable \($0 % 3 == 0 ? "café" : "cinema")" }
    let options = TokenizerOptions(lowercases: true)
    let vocabulary = VocabularyTrainer.train(WordCounts(texts, options: options), size: 200)
    let tokenizer = try Tokenizer(vocabulary, options: options)
    let tokens = tokenizer.tokens(tokenizer.encode("the film was unbelievable cafe"))
    #expect(tokens == ["[CLS]", "the", "film", "was", "unbelievable", "cafe", "[SEP]"])
    #expect(!tokenizer.tokens(tokenizer.encode("belief in films")).isEmpty)
    let small = VocabularyTrainer.train(WordCounts(texts, options: options), size: 40)
    #expect(small.tokens.count <= 40)
  }

  @Test func `a word tokenizer knows the most frequent words and no pieces`() throws {
    let counts = WordCounts(["b b b a a c", "[CLS] d"], options: TokenizerOptions())
    #expect(counts.words.first.map { String(decoding: $0.word, as: UTF8.self) } == "b")
    let tokenizer = try counts.wordTokenizer(size: 2, options: TokenizerOptions())
    #expect(tokenizer.tokens(tokenizer.encode("a b c")) == ["[CLS]", "a", "b", "[UNK]", "[SEP]"])
  }
}
