import Files
import Fixtures
import Foundation
import Testing

@testable import Hub

/// Servers that answer with something else than what was asked for.
@Suite struct HostileHubTests {
  /// The sentence that a model's fetching ends with.
  private func sentence(
    _ repository: LocalHub.Repository = smallModel, token: String? = nil, name: HubName = tiny,
    _ twist: @escaping LocalHub.Twist = { _, _ in nil }
  ) throws -> String {
    var said = ""
    try withHub(["org/tiny": repository], token: token) { local, hub, folder, _ in
      local.twist(twist)
      let error = #expect(throws: FathomError.self) { try hub.model(name) }
      said = error?.description ?? ""
      // Nothing that was refused takes a file's name: a blob is called as its content hashes.
      let blobs = folder.appendingPathComponent("hub/models--org--tiny/blobs")
      for name in (try? FileManager.default.contentsOfDirectory(atPath: blobs.path)) ?? [] {
        if name.hasSuffix(".incomplete") { continue }
        let data = try Data(contentsOf: blobs.appendingPathComponent(name))
        #expect(name == LocalHub.etag(data, isLarge: name.count == 64))
      }
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/escaped"))
    }
    #expect(!said.isEmpty && !said.contains("\n"))
    return said
  }

  private static func weights(_ request: LocalServer.Request) -> Bool {
    request.method == "GET"
      && request.path == "/" + LocalHub.etag(smallModel.files["model.safetensors"]!, isLarge: true)
  }

  @Test func `a body without end stops at the length that was said`() throws {
    let said = try sentence { request, _ in
      guard Self.weights(request) else { return nil }
      var endless = LocalServer.Answer(200, Data(repeating: 7, count: 70_001))
      (endless.isEndless, endless.length) = (true, -1)
      return endless
    }
    #expect(said.contains("sends more than 300000 bytes"))
  }

  @Test func `a listing without end stops too`() throws {
    let said = try sentence { request, _ in
      guard request.path.hasPrefix("/api/") else { return nil }
      var endless = LocalServer.Answer(200, Data(repeating: 32, count: 1 << 20))
      (endless.isEndless, endless.length) = (true, -1)
      return endless
    }
    #expect(said.contains("listing without end"))
  }

  @Test func `another length than was said is refused`() throws {
    let short = try sentence { request, answer in
      Self.weights(request) ? LocalServer.Answer(200, answer.body.prefix(1000)) : nil
    }
    #expect(short.contains("1000 bytes of a file of 300000"))
  }

  @Test func `other bytes than the sum says are discarded`() throws {
    let large = try sentence { request, answer in
      Self.weights(request) ? LocalServer.Answer(200, Data(answer.body.reversed())) : nil
    }
    #expect(large.contains("checksum") && large.contains("discarded"))
    let small = try sentence { request, answer in
      request.method == "GET" && request.path.hasSuffix("/vocab.txt")
        ? LocalServer.Answer(200, Data(answer.body.reversed())) : nil
    }
    #expect(small.contains("checksum"))
  }

  @Test(arguments: ["../../escaped", "..", "a/b", "", "x\u{7F}y", String(repeating: "a", count: 300)])
  func `an ETag that is no name is refused`(_ etag: String) throws {
    let said = try sentence { request, answer in
      guard request.method == "HEAD" else { return nil }
      var other = answer
      other.headers["ETag"] = "\"\(etag)\""
      other.headers["X-Linked-ETag"] = "\"\(etag)\""
      return other
    }
    #expect(said.contains("ETag"))
  }

  @Test(arguments: ["../../../escaped", "a/b.safetensors", "/etc/passwd", ".hidden", ""])
  func `an index that names files outside the folder is refused`(_ name: String) throws {
    var parts = smallModel
    parts.files["model.safetensors"] = nil
    parts.files["model.safetensors.index.json"] = try JSONSerialization.data(
      withJSONObject: ["weight_map": ["a": name]])
    parts.files[name] = Data("x".utf8)
    #expect(try sentence(parts).contains("outside the folder"))
  }

  @Test func `paths of a listing stay in the folder`() {
    for bad in ["../x", "a/../b", "/a", "a//b", "", "a/", ".", "a\\b", "a\0b", "a\nb"] {
      #expect(!HubListing.isFile(bad), "\(bad)")
    }
    for good in ["a", "a/b.csv", "data/train-00000-of-00001.parquet", ".gitattributes", "a b/ü.csv"] {
      #expect(HubListing.isFile(good), "\(good)")
    }
  }

  @Test func `HTML and other JSON in place of a listing is said`() throws {
    for body in [
      "<html>Sign in to the WiFi</html>", "{}", "[1]", "", #"{"sha": "../..", "siblings": []}"#,
      String(repeating: "[", count: 5000),
    ] {
      let said = try sentence { request, _ in
        request.path.hasPrefix("/api/") ? LocalServer.Answer(200, Data(body.utf8)) : nil
      }
      #expect(said.contains("no listing") && said.contains("HF_ENDPOINT"), "\(body.prefix(20))")
    }
  }

  @Test func `what is private, gated or absent is one sentence that says what to do`() throws {
    #expect(try sentence(name: HubName("org/none")!).contains("or it is private"))
    var closed = smallModel
    closed.token = "hf_right"
    let hidden = try sentence(closed)
    #expect(hidden.contains("or it is private") && hidden.contains("HF_TOKEN"))
    let wrong = try sentence(closed, token: "hf_wrong")
    #expect(wrong.contains("does not accept your token") && !wrong.contains("hf_wrong"))
    closed.refusal = LocalServer.Answer(401, Data(), ["X-Error-Code": "GatedRepo"])
    let gated = try sentence(closed)
    #expect(
      gated.contains("gated") && gated.contains("accept its conditions at http")
        && gated.contains("/org/tiny"))
    closed.refusal = LocalServer.Answer(403, Data(), ["X-Error-Code": "GatedRepo"])
    #expect(try sentence(closed, token: "hf_wrong").contains("has no access"))
    let revision = try sentence(name: HubName("org/tiny@v9")!)
    #expect(revision.contains("no revision 'v9'"))
    #expect(try sentence { _, _ in LocalServer.Answer(403) }.contains("refuses access (403)"))
    #expect(try sentence { _, _ in LocalServer.Answer(404) }.contains("no such model"))
  }

  @Test(arguments: [429, 500, 502, 503])
  func `a server that is busy is asked again, then named`(_ status: Int) throws {
    try withHub { local, hub, _, notes in
      local.twist { request, _ in request.path.hasPrefix("/api/") ? LocalServer.Answer(status) : nil }
      let error = #expect(throws: FathomError.self) { try hub.model(tiny) }
      #expect(error?.description.contains("\(status)") == true && notes.waited == 3)
      local.forgetTwists()
      nonisolated(unsafe) var count = 0
      local.twist { request, _ in
        guard request.path.hasPrefix("/api/") else { return nil }
        count += 1
        return count < 3 ? LocalServer.Answer(status) : nil
      }
      #expect(throws: Never.self) { try hub.model(tiny) }
    }
  }

  @Test func `redirects lead nowhere but to the web, and end`() throws {
    for target in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://"] {
      let said = try sentence { request, _ in
        request.path.hasPrefix("/api/") ? LocalServer.Answer(302, Data(), ["Location": target]) : nil
      }
      #expect(said.contains("redirects to"), "\(said)")
    }
    let round = try sentence { request, _ in
      LocalServer.Answer(302, Data(), ["Location": request.path])
    }
    #expect(round.contains("redirects without end"))
  }

  @Test func `a file of another commit is refused`() throws {
    let said = try sentence { request, answer in
      guard request.method == "HEAD" else { return nil }
      var other = answer
      other.headers["X-Repo-Commit"] = String(repeating: "e", count: 40)
      return other
    }
    #expect(said.contains("another commit"))
  }

  @Test func `what is no model is named before anything is downloaded`() throws {
    for (file, expected) in [
      ("config.json", "no config.json"), ("vocab.txt", "neither vocab.txt nor tokenizer.json"),
    ] {
      var other = smallModel
      other.files[file] = nil
      #expect(try sentence(other).contains(expected))
    }
    var weightless = smallModel
    weightless.files["model.safetensors"] = nil
    weightless.files["pytorch_model.bin"] = nil
    #expect(try sentence(weightless).contains("neither model.safetensors nor pytorch_model.bin"))
  }

  @Test func `a server that is not there is one sentence`() throws {
    try Fixtures.withFolder { folder in
      let settings = try HubSettings(environment: [
        "HF_HOME": folder.path, "HF_ENDPOINT": "http://127.0.0.1:9",
      ])
      let error = #expect(throws: FathomError.self) {
        try Hub(settings, progress: Notes().progress).model(tiny)
      }
      #expect(error?.description.contains("could not be fetched from 127.0.0.1:9") == true)
      for bad in ["ftp://x", "huggingface.co", "https://user:word@huggingface.co", "https://"] {
        #expect(throws: FathomError.self) { try HubSettings(environment: ["HF_ENDPOINT": bad]) }
      }
    }
  }
}
