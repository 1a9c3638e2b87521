import Files
import Fixtures
import Foundation
import Testing

@testable import Hub

/// A model of a few bytes: the Hub does not look into its files.
let smallModel = LocalHub.Repository([
  "config.json": Data(#"{"model_type": "bert"}"#.utf8), "vocab.txt": Data("[PAD]\n".utf8),
  "tokenizer_config.json": Data("{}".utf8), "README.md": Data("not for Fathom".utf8),
  "model.safetensors": Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }),
  "pytorch_model.bin": Data("also not".utf8),
])

/// What was noted, and how often it was waited.
final class Notes: @unchecked Sendable {
  private let lock = NSLock()
  private var kept: [String] = []
  private var waits = 0

  var all: [String] { lock.withLock { kept } }
  var waited: Int { lock.withLock { waits } }

  var progress: Hub.Progress {
    var progress = Hub.Progress()
    progress.note = { note in self.lock.withLock { self.kept.append(note) } }
    progress.pause = { _ in self.lock.withLock { self.waits += 1 } }
    return progress
  }
}

/// A Hub with a model `org/tiny`, and a cache in a folder of its own.
func withHub(
  _ repositories: [String: LocalHub.Repository] = ["org/tiny": smallModel], token: String? = nil,
  _ body: (LocalHub, Hub, URL, Notes) throws -> Void
) throws {
  try Fixtures.withFolder { folder in
    let local = LocalHub(repositories), notes = Notes()
    var environment = local.environment(folder)
    environment["HF_TOKEN"] = token
    let hub = Hub(try HubSettings(environment: environment), progress: notes.progress)
    try withExtendedLifetime(local) { try body(local, hub, folder, notes) }
  }
}

let tiny = HubName("org/tiny")!

@Suite struct HubTests {
  private func offline(_ folder: URL, _ notes: Notes = Notes()) throws -> Hub {
    Hub(
      try HubSettings(environment: [
        "HF_HOME": folder.path, "HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9",
      ]),
      progress: notes.progress)
  }

  @Test func `a model is fetched into the layout of Hugging Face's cache, with what Fathom reads of it`()
    throws
  {
    try withHub { local, hub, folder, _ in
      let found = try hub.model(tiny)
      let repository = folder.appendingPathComponent("hub/models--org--tiny")
      #expect(found.path == repository.path + "/snapshots/" + smallModel.commit)
      let names = try FileManager.default.contentsOfDirectory(atPath: found.path).sorted()
      #expect(names == ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"])
      let commit = try String(contentsOf: repository.appendingPathComponent("refs/main"), encoding: .utf8)
      #expect(commit == smallModel.commit)
      let weights = found.appendingPathComponent("model.safetensors")
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: weights.path)
      let sum = LocalHub.etag(smallModel.files["model.safetensors"]!, isLarge: true)
      #expect(target == "../../blobs/" + sum)
      #expect(try Data(contentsOf: weights) == smallModel.files["model.safetensors"])
      let blobs = try FileManager.default.contentsOfDirectory(atPath: repository.path + "/blobs")
      #expect(blobs.count == 4 && !blobs.contains { $0.hasSuffix(".incomplete") })
      #expect(
        FileManager.default.fileExists(atPath: folder.path + "/hub/.locks/models--org--tiny/\(sum).lock"))
    }
  }

  @Test func `what is in the cache is used without a request, and offline`() throws {
    try withHub { local, hub, folder, _ in
      let found = try hub.model(tiny)
      let count = local.requests.count
      #expect(try hub.model(tiny) == found)
      #expect(local.requests.count == count)
      #expect(try offline(folder).model(tiny) == found)
      let error = #expect(throws: FathomError.self) { try offline(folder).model(HubName("org/other")!) }
      #expect(error?.description.contains("HF_HUB_OFFLINE") == true)
    }
  }

  @Test func `a snapshot that another program left in part is completed at its own commit`() throws {
    try withHub { local, hub, folder, _ in
      let found = try hub.model(tiny)
      try FileManager.default.removeItem(at: found.appendingPathComponent("vocab.txt"))
      local.repositories["org/tiny"]?.files["vocab.txt"] = nil
      var newer = smallModel
      newer.commit = String(repeating: "d1", count: 20)
      local.twist { request, _ in
        // The branch went on; the old commit is still there.
        request.path.hasSuffix("/revision/main") ? LocalServer.Answer(500) : nil
      }
      local.repositories["org/tiny"] = smallModel
      #expect(try hub.model(tiny) == found)
      #expect(FileManager.default.fileExists(atPath: found.path + "/vocab.txt"))
    }
  }

  @Test func `asked anew, the branch's new commit is fetched, and the same contents are not`() throws {
    try withHub { local, hub, folder, _ in
      let old = try hub.model(tiny)
      var newer = smallModel
      newer.commit = String(repeating: "d1", count: 20)
      newer.files["vocab.txt"] = Data("[PAD]\nnew\n".utf8)
      local.repositories["org/tiny"] = newer
      #expect(try hub.model(tiny) == old)
      let before = local.store.requests.count
      let found = try hub.model(tiny, asksAnew: true)
      #expect(found.lastPathComponent == newer.commit && local.store.requests.count == before)
      #expect(try Data(contentsOf: found.appendingPathComponent("vocab.txt")) == newer.files["vocab.txt"])
      #expect(try hub.model(HubName("org/tiny@\(smallModel.commit)")!) == old)
    }
  }

  @Test func `a download that breaks off goes on, at once and at the next command`() throws {
    try withHub { local, hub, folder, notes in
      local.twist { request, answer in
        guard request.method == "GET", answer.body.count > 100_000 else { return nil }
        var cut = answer
        cut.cutAfter = 60_000
        return cut
      }
      // Each of four tries brings 60,000 bytes of 300,000.
      let error = #expect(throws: FathomError.self) { try hub.model(tiny) }
      #expect(error?.code == .network && notes.waited == 3)
      local.forgetTwists()
      let found = try hub.model(tiny)
      #expect(try Data(contentsOf: found.appendingPathComponent("model.safetensors")).count == 300_000)
      #expect(local.store.requests.last?.headers["range"] == "bytes=240000-")
    }
  }

  @Test func `the token goes to the Hub alone`() throws {
    var secret = smallModel
    secret.token = "hf_secret"
    try withHub(["org/tiny": secret], token: "hf_secret\n") { local, hub, _, _ in
      _ = try hub.model(tiny)
      #expect(local.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
      #expect(!local.store.requests.isEmpty)
      #expect(local.store.requests.allSatisfy { $0.headers["authorization"] == nil })
    }
  }

  @Test func `the token file is read, and HF_TOKEN comes first`() throws {
    try Fixtures.withFolder { folder in
      try Data("hf_file\n".utf8).write(to: folder.appendingPathComponent("token"))
      func token(_ more: [String: String]) throws -> String? {
        try HubSettings(environment: ["HF_HOME": folder.path].merging(more) { $1 }).token
      }
      #expect(try token([:]) == "hf_file")
      #expect(try token(["HF_TOKEN": "hf_given"]) == "hf_given")
      #expect(try token(["HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]) == nil)
      let error = #expect(throws: FathomError.self) { try token(["HF_TOKEN": "hf\r\nHost: elsewhere"]) }
      #expect(error?.description.contains("elsewhere") == false)
    }
  }

  @Test(arguments: [
    (["HF_HUB_CACHE": "/c", "HF_HOME": "/h"], "/c"),
    (["HUGGINGFACE_HUB_CACHE": "/c", "HF_HOME": "/h"], "/c"),
    (["HF_HOME": "/h"], "/h/hub"), (["XDG_CACHE_HOME": "/x"], "/x/huggingface/hub"),
    (["HOME": "/u"], "/u/.cache/huggingface/hub"), (["HF_HOME": "~/h", "HOME": "/u"], "/u/h/hub"),
    (["HF_HOME": "$DISK/h", "DISK": "/d"], "/d/h/hub"),
    (["HF_HOME": "", "XDG_CACHE_HOME": "/x"], "/x/huggingface/hub"),
  ])
  func `the cache is where Hugging Face's variables put it`(_ environment: [String: String], _ path: String)
    throws
  {
    #expect(try HubSettings(environment: environment).cache.path == path)
  }

  @Test func `names and revisions follow the Hub's rules`() {
    for good in [
      "bert-base-uncased", "org/name", "a/b.c_d-e", "org/name@main", "org/name@refs/pr/1", "gpt2@v1.0",
      "org/name@" + smallModel.commit,
    ] { #expect(HubName(good) != nil, "\(good)") }
    for bad in [
      "", "/", "a/", "/a", "a/b/c", "a--b", "..", "a/..", "../a", ".a", "a.", "-a", "a.git", "a b", "a\\b",
      "å",
      "org/name@", "org/name@../x", "org/name@a..b", "org/name@/a", "org/name@a/", "org/name@.a", "a@b@c",
      "a\n",
      "a/b@x.lock", String(repeating: "a", count: 97),
    ] { #expect(HubName(bad) == nil, "\(bad)") }
  }

  @Test func `weights in parts are fetched by their index, and only where there is no single file`() throws {
    let index = #"{"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-1.safetensors"}}"#
    var parts = smallModel
    parts.files["model.safetensors"] = nil
    parts.files["model.safetensors.index.json"] = Data(index.utf8)
    parts.files["m-1.safetensors"] = Data("one".utf8)
    parts.files["m-2.safetensors"] = Data("two".utf8)
    try withHub(["org/tiny": parts]) { local, hub, folder, _ in
      let found = try hub.model(tiny)
      let names = try FileManager.default.contentsOfDirectory(atPath: found.path)
      #expect(names.contains("m-1.safetensors") && names.contains("m-2.safetensors"))
      #expect(!names.contains("pytorch_model.bin"))
      #expect(try offline(folder).model(tiny) == found)
      try FileManager.default.removeItem(at: found.appendingPathComponent("m-2.safetensors"))
      #expect(throws: FathomError.self) { try offline(folder).model(tiny) }
    }
  }

  @Test func `what config.json rules out costs no download of weights`() throws {
    try withHub { local, hub, _, _ in
      struct Refused: Error {}
      #expect(throws: Refused.self) {
        try hub.model(tiny) { folder in
          #expect(FileManager.default.fileExists(atPath: folder.path + "/config.json"))
          throw Refused()
        }
      }
      #expect(local.store.requests.isEmpty)
    }
  }

  @Test func `a network that fails costs nobody the model that is there`() throws {
    try withHub { local, hub, folder, notes in
      let found = try hub.model(tiny)
      local.twist { _, _ in LocalServer.Answer(503) }
      #expect(try hub.model(tiny, asksAnew: true) == found)
      #expect(notes.all.contains { $0.contains("503") && $0.contains("cache is taken") })
    }
  }

  @Test func `two that want the same model at once both get it`() throws {
    try withHub { local, hub, folder, _ in
      let lock = NSLock()
      nonisolated(unsafe) var found: [URL] = []
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        guard let one = try? hub.model(tiny) else { return }
        lock.withLock { found.append(one) }
      }
      #expect(found.count == 4 && Set(found).count == 1)
      let weights = try Data(contentsOf: found[0].appendingPathComponent("model.safetensors"))
      #expect(weights.count == 300_000)
    }
  }
}
