import Classification
import Foundation
import Hummingbird
import Testing

@testable import Server

struct RequestBodyReaderTests {
  private func fault(_ body: () throws -> Void) throws -> ServerFault {
    try #require(throws: ServerFault.self, performing: body)
  }

  private func object(_ text: String) throws -> [String: Any] {
    try RequestBodyReader.object(Data(text.utf8))
  }

  @Test func `an object is read`() throws {
    #expect(try object("{\"text\": \"a\"}")["text"] as? String == "a")
  }

  @Test(arguments: ["", "{\"texts\": ", "[1]", "3", "\u{FEFF}{"])
  func `what is no object is refused as that`(text: String) throws {
    let fault = try fault { _ = try object(text) }
    #expect(fault.status == .badRequest && fault.message.contains("not a JSON object"))
  }

  @Test(arguments: [9, 511, 513, 100_000])
  func `deep nesting is refused as deep`(levels: Int) throws {
    let lists = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    for text in ["{\"texts\": \(lists)}", String(repeating: "[", count: levels)] {
      let fault = try fault { _ = try object(text) }
      #expect(fault.status == .badRequest && fault.message.contains("nests too deeply"))
    }
  }

  @Test func `a key that repeats is refused, however it is written`() throws {
    for text in [#"{"text": "a", "text": "b"}"#, #"{"text": "a", "model": "m", "te\u0078t": "b"}"#] {
      let fault = try fault { _ = try object(text) }
      #expect(fault.status == .badRequest && fault.message.contains("'text' occurs twice"))
    }
  }

  @Test func `a key that nothing reads is named`() throws {
    #expect(throws: Never.self) { try RequestBodyReader.check(["text": "a", "model": "m"]) }
    let fault = try fault { try RequestBodyReader.check(["text": "a", "modle": "m"]) }
    #expect(fault.status == .badRequest && fault.message.contains("'modle' is no key"))
  }

  @Test func `brackets in a text do not nest`() throws {
    let text = String(repeating: "[{", count: 50)
    #expect(try RequestBodyReader.texts(object("{\"text\": \"\(text)\"}")) == [TextInput(text)])
  }

  @Test func `a pair of texts is a list of two`() throws {
    let body = try object(#"{"texts": ["a", ["b", "c"]]}"#)
    #expect(try RequestBodyReader.texts(body) == [TextInput("a"), TextInput("b", second: "c")])
    for wrong in [#"["a"]"#, #"["a", "b", "c"]"#, #"["a", 1]"#, "[]"] {
      let body = try object("{\"texts\": [\(wrong)]}")
      #expect(throws: ServerFault.self) { try RequestBodyReader.texts(body) }
    }
  }

  @Test func `the entry that is no text is named`() throws {
    let fault = try fault { _ = try RequestBodyReader.texts(["texts": ["a", 1] as [Any]]) }
    #expect(fault.status == .badRequest && fault.message.contains("entry 1"))
  }

  @Test func `no text at all is refused`() throws {
    for body in [[:], ["texts": [String]()], ["texts": 3]] as [[String: Any]] {
      #expect(try fault { _ = try RequestBodyReader.texts(body) }.message.contains("at least one text"))
    }
    #expect(try fault { _ = try RequestBodyReader.texts(["text": 3]) }.message.contains("'text'"))
  }

  @Test func `too many texts are too large`() throws {
    let texts = [String](repeating: "a", count: StudyServer.textsPerRequest + 1)
    #expect(try fault { _ = try RequestBodyReader.texts(["texts": texts]) }.status == .contentTooLarge)
  }

  @Test func `a model is named, or not at all`() throws {
    #expect(try RequestBodyReader.model(["model": "3VA-s1"]) == "3VA-s1")
    #expect(try RequestBodyReader.model(["model": NSNull()]) == nil)
    #expect(try fault { _ = try RequestBodyReader.model(["model": 3]) }.status == .badRequest)
  }
}
