import Files
import Foundation
import Testing

@testable import fathom

struct InputLinesTests {
  /// The batches that come of chunks.
  private func batches(_ chunks: [String], limit: Int = 100) throws -> [[String]] {
    let found = Batches()
    var batch = LineBatch(limit: limit) { found.all.append($0) }
    for chunk in chunks { try batch.add(Array(chunk.utf8)) }
    try batch.finish()
    return found.all
  }

  private final class Batches { var all: [[String]] = [] }

  @Test func `lines end at line feeds, with or without a carriage return`() throws {
    #expect(try batches(["a\r\nb\u{2028}c\n\n", "d"]) == [["a", "b\u{2028}c", "", "d"]])
  }

  @Test func `a line may come in many chunks`() throws {
    #expect(try batches(["a", "b", "c\r", "\nd\n"]) == [["abc", "d"]])
  }

  @Test func `a batch has so many lines at most`() throws {
    #expect(try batches(["a\nb\nc\n"], limit: 2) == [["a", "b"], ["c"]])
  }

  @Test func `nothing gives no batch`() throws {
    #expect(try batches([]).isEmpty)
    #expect(try batches([""]).isEmpty)
  }

  @Test func `what is not UTF-8 is refused with its line`() throws {
    let found = Batches()
    var batch = LineBatch(limit: 1) { found.all.append($0) }
    try batch.add([0xC3, 0xA9, 10])
    let error = #expect(throws: FathomError.self) { try batch.add([97, 0xFF, 98, 10]) }
    #expect(error?.description.contains("line 2: it is not UTF-8") == true)
    #expect(found.all == [["é"]])
  }
}
