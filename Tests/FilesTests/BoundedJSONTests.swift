import Foundation
import Testing

@testable import Files

@Suite struct BoundedJSONTests {
  /// Foundation's parser ends the process at 513 lists that are never closed.
  @Test(arguments: [129, 513, 514, 100_000])
  func `a text that nests too deeply is refused, whether or not it is closed`(levels: Int) throws {
    let open = String(repeating: "[", count: levels)
    for text in [open, open + String(repeating: "]", count: levels), "{\"a\": " + open] {
      #expect(throws: BoundedJSON.TooDeep.self) { try BoundedJSON.value(Data(text.utf8)) }
      #expect(throws: BoundedJSON.TooDeep.self) { try BoundedJSON.decode([Int].self, from: Data(text.utf8)) }
    }
  }

  @Test func `brackets in strings do not nest, and siblings do not add up`() throws {
    let brackets = String(repeating: "[{", count: 500)
    let text =
      "{\"\(brackets)\\\"[\": [" + [String](repeating: "[1]", count: 500).joined(separator: ",") + "]}"
    let object = try #require(try BoundedJSON.value(Data(text.utf8)) as? [String: Any])
    #expect((object["\(brackets)\"["] as? [Any])?.count == 500)
    #expect(try BoundedJSON.decode([[Int]].self, from: Data("[[1], [2]]".utf8)) == [[1], [2]])
  }
}
