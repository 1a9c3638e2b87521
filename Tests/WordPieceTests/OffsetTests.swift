import Fixtures
import Foundation
import Testing
import WordPiece

@Suite struct OffsetTests {
  private let vocabulary = Vocabulary([
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cafe", "##s", "!", "new", "york",
  ])

  private func parts(_ text: String, _ encoded: EncodedText) -> [String] {
    let bytes = Array(text.utf8)
    return encoded.ranges.map { $0.map { String(decoding: bytes[$0], as: UTF8.self) } ?? "" }
  }

  @Test func `ranges show pieces as they were typed`() throws {
    let tokenizer = try Tokenizer(vocabulary)
    let text = "The CAFÉS cafe\u{301}! 電 [SEP]"
    let encoded = tokenizer.encodeWithOffsets(text)
    #expect(encoded.ids == tokenizer.encode(text))
    #expect(parts(text, encoded) == ["", "The", "CAFÉ", "S", "cafe\u{301}", "!", "電", "[SEP]", ""])
  }

  @Test func `a cut text keeps its ranges and says how long it was`() throws {
    let tokenizer = try Tokenizer(vocabulary)
    let encoded = tokenizer.encodeWithOffsets("the cafe!", maximumLength: 4, truncation: .tail)
    #expect(parts("the cafe!", encoded) == ["", "cafe", "!", ""])
    #expect(encoded.tokenCount == 5 && encoded.isTruncated)
  }

  @Test func `ids with ranges equal those without on the goldens`() throws {
    let folder = Fixtures.goldens.appendingPathComponent("tokenizer")
    let tokenizer = try Tokenizer(folder: folder)
    let lines = try Data(contentsOf: folder.appendingPathComponent("strings.jsonl")).split(separator: 10)
    for index in stride(from: 0, to: lines.count, by: 20) {
      let object = try JSONSerialization.jsonObject(with: Data(lines[index])) as? [String: Any]
      let text = try #require(object?["text"] as? String)
      let encoded = tokenizer.encodeWithOffsets(text)
      #expect(encoded.ids == tokenizer.encode(text))
      #expect(encoded.ranges.count == encoded.ids.count)
      #expect(encoded.ranges.allSatisfy { $0.map { $0.upperBound <= text.utf8.count } ?? true })
    }
  }

  @Test func `a long word and a long run of marks take time in proportion to their length`() throws {
    // The square of a million would not end.
    let tokenizer = try Tokenizer(vocabulary)
    let marks = String(repeating: "\u{302e}\u{1d165}", count: 100_000)
    #expect(tokenizer.encode("a" + marks).count == 3)
    #expect(tokenizer.encode(String(repeating: "a", count: 1_000_000)) == [2, 1, 3])
  }
}
