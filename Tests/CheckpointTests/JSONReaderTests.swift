import Foundation
import Testing

@testable import Checkpoint

@Suite struct JSONReaderTests {
  private func members(_ text: String) throws -> [String: JSONReader.Scalar] {
    try Data(text.utf8).withUnsafeBytes { bytes in
      var reader = JSONReader(bytes)
      var found: [String: JSONReader.Scalar] = [:]
      try reader.members { reader, name in found[name] = try reader.scalar() }
      try reader.end()
      return found
    }
  }

  @Test func `values are what the text says`() throws {
    let found = try members(
      #" {"a": -12, "b": 1.5e1, "c": "x\u00e9\ud83d\ude00\n", "#
        + #""d": [], "e": {"f": [1, {}]}, "g": null, "h": true} "#
    )
    #expect(
      found == [
        "a": .integer(-12), "b": .number(15), "c": .text("xé😀\n"), "d": .container(isEmpty: true),
        "e": .container(isEmpty: false), "g": .null, "h": .flag(true),
      ])
  }

  @Test(arguments: [
    "", "{", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":-}", "{\"a\":tru}",
    "{\"a\":1,}",
    "{\"a\":[1,]}", "{\"a\":[}", "{\"a\":{\"b\":]}", #"{"a":"\ud800"}"#, #"{"a":"\x"}"#, #"{"a":"\"#,
    "{\"a\":\"\n\"}",
  ])
  func `what is not JSON is refused`(text: String) {
    #expect(throws: JSONReader.Fault.self) { try members(text) }
  }

  @Test func `nesting has a bound`() throws {
    func nested(_ depth: Int) -> String {
      "{\"a\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    #expect(try members(nested(500)) == ["a": .container(isEmpty: false)])
    #expect(throws: JSONReader.Fault.self) { try members(nested(100_000)) }
  }
}
