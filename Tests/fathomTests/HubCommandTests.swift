import Files
import Fixtures
import Foundation
import Testing

/// Commands that take a model by its name at Hugging Face, from a Hub in this process.
@Suite(.serialized) struct HubCommandTests {
  /// A Hub with `org/tiny`, a folder with the same model and its task, and the variables of a process.
  private func withHub(_ body: (LocalHub, URL, [String: String]) throws -> Void) throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 60, test: 30)
      let hub = LocalHub(["org/tiny": try LocalHub.Repository(folder: folder.appendingPathComponent("model"))]
      )
      try withExtendedLifetime(hub) {
        try body(hub, folder, hub.environment(folder.appendingPathComponent("home")))
      }
    }
  }

  private func train(_ model: String, _ out: String, _ folder: URL) -> [String] {
    [
      "train", "--model", model, "--train", folder.path + "/train.csv", "--test", folder.path + "/test.csv",
      "--variant", "1VA", "--epochs", "1", "--max-length", "16", "--threads", "1", "--quiet", "--out",
      folder.path + "/" + out,
    ]
  }

  @Test func `a run from a name is the run from a folder of the same content, and is called after the name`()
    throws
  {
    try withHub { hub, folder, variables in
      let named = try fathom(train("org/tiny", "a", folder), hub: variables)
      #expect(named.status == 0 && named.errors.contains("model.safetensors fetched"), "\(named.errors)")
      #expect(try fathom(train(folder.path + "/model", "b", folder), hub: variables).status == 0)
      func record(_ out: String) throws -> [String: Any] {
        try json(String(contentsOf: folder.appendingPathComponent("\(out)/run.json"), encoding: .utf8))
      }
      let (one, other) = (try record("a"), try record("b"))
      #expect(one["identity"] as? String != nil && one["identity"] as? String == other["identity"] as? String)
      let settings = try #require(one["settings"] as? [String: Any])
      #expect((settings["model"] as? [String: Any])?["name"] as? String == "tiny")
    }
  }

  @Test func `every command that reads a model takes a name, once fetched without a network`() throws {
    try withHub { hub, folder, variables in
      #expect(try fathom(["fetch", "org/tiny"], hub: variables).output.contains("/snapshots/"))
      let offline = ["HF_HOME": variables["HF_HOME"]!, "HF_HUB_OFFLINE": "1"]
      let count = hub.requests.count
      let commands: [([String], String)] = [
        (["tokenize", "--model", "org/tiny"], #""tokens":["[CLS]","film","[SEP]"]"#),
        (["tokenize", "--model", "hf:org/tiny@main"], "film"),
        (["outputs", "--model", "org/tiny", "--text", "film", "--out", folder.path + "/o"], "10 tensors"),
        (["attention", "--model", "org/tiny", "--text", "the film"], "film"),
        (
          [
            "pretrain", "--model", "org/tiny", "--text", folder.path + "/train.csv", "--epochs", "1", "--out",
            folder.path + "/p",
          ], "model in"
        ),
        (["predict", "--model", "org/tiny"], ""),
        (["evaluate", "--model", "org/tiny", "--test", folder.path + "/test.csv"], ""),
      ]
      for (command, expected) in commands {
        let outcome = try fathom(command, input: "film\n", hub: offline)
        if ["predict", "evaluate"].contains(command[0]) {
          // It is no classifier, and that is what is said.
          #expect(outcome.status != 0 && outcome.errors.contains("snapshots"), "\(outcome.errors)")
        } else {
          let said = outcome.output + outcome.errors
          #expect(outcome.status == 0 && said.contains(expected), "\(command): \(said)")
        }
      }
      #expect(hub.requests.count == count)
      let other = try fathom(["tokenize", "--model", "org/other"], hub: offline)
      #expect(other.status != 0 && other.errors.contains("HF_HUB_OFFLINE"))
    }
  }

  @Test func `a data set's splits are trained and measured on by its name`() throws {
    try withHub { hub, folder, variables in
      func data(_ name: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent(name))
      }
      hub.repositories["datasets/org/data"] = LocalHub.Repository([
        "data/train.csv": try data("train.csv"), "data/test.csv": try data("test.csv"),
      ])
      func arguments(_ train: String, _ test: String, _ out: String) -> [String] {
        self.train("org/tiny", out, folder).map {
          $0.hasSuffix("train.csv") ? train : $0.hasSuffix("test.csv") ? test : $0
        }
      }
      let named = try fathom(arguments("hf:org/data", "hf:org/data:test", "a"), hub: variables)
      #expect(named.status == 0, "\(named.errors)")
      let own = arguments(folder.path + "/train.csv", folder.path + "/test.csv", "b")
      #expect(try fathom(own, hub: variables).status == 0)
      func identity(_ out: String) throws -> String? {
        let text = try String(contentsOf: folder.appendingPathComponent("\(out)/run.json"), encoding: .utf8)
        return try json(text)["identity"] as? String
      }
      #expect(try identity("a") != nil && identity("a") == identity("b"))
      for (name, expected) in [("hf:org/none", "no such data set"), ("hf:a:b:c:d", "no name of a data set")] {
        let outcome = try fathom(arguments(name, name, "c"), hub: variables)
        #expect(outcome.status != 0 && outcome.errors.contains(expected), "\(outcome.errors)")
      }
    }
  }

  /// Whether Hugging Face's own library is there, in FATHOM_PYTHON say.
  private static let hasLibrary = (try? python("import huggingface_hub").status == 0) ?? false

  @Test(.enabled(if: hasLibrary))
  func `the cache is that of huggingface_hub, in both directions`() throws {
    try withHub { hub, folder, variables in
      let setup =
        "import os, sys; os.environ.update(HF_ENDPOINT=sys.argv[1], HF_HOME=sys.argv[2]); "
        + "from huggingface_hub import snapshot_download, scan_cache_dir; "
      let place = [hub.server.address, variables["HF_HOME"]!]
      // What Fathom fetched is there for it, whole and without a complaint.
      #expect(try fathom(["fetch", "org/tiny"], hub: variables).status == 0)
      let read = try python(
        setup
          + "print(snapshot_download('org/tiny', local_files_only=True)); print(scan_cache_dir().warnings)",
        place)
      #expect(read.status == 0 && read.output.contains("snapshots") && read.output.hasSuffix("[]\n"))
      let before = hub.store.requests.count
      let patterns = "allow_patterns=['*.json', '*.txt', '*.safetensors']"
      #expect(try python(setup + "snapshot_download('org/tiny', \(patterns))", place).status == 0)
      #expect(hub.store.requests.count == before)
      // What it fetched is there for Fathom, without a request.
      let other = folder.appendingPathComponent("other").path
      #expect(try python(setup + "snapshot_download('org/tiny')", [place[0], other]).status == 0)
      let count = hub.requests.count
      let theirs = variables.merging(["HF_HOME": other]) { $1 }
      #expect(try fathom(["tokenize", "--model", "org/tiny"], input: "film", hub: theirs).status == 0)
      #expect(hub.requests.count == count)
    }
  }

  @Test func `a folder of that name wins, which is said, and hf: means the Hub`() throws {
    try withHub { hub, folder, variables in
      let here = folder.appendingPathComponent("org/tiny")
      try FileManager.default.createDirectory(
        at: here.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: folder.appendingPathComponent("model"), to: here)
      let won = try fathom(["tokenize", "--model", "org/tiny"], input: "film", hub: variables, in: folder)
      #expect(won.status == 0 && won.errors.contains("org/tiny is the folder of that name"), "\(won.errors)")
      #expect(hub.requests.isEmpty)
      let meant = try fathom(
        ["tokenize", "--model", "hf:org/tiny"], input: "film", hub: variables, in: folder)
      #expect(meant.status == 0 && !hub.requests.isEmpty, "\(meant.errors)")
      try FileManager.default.removeItem(at: here.appendingPathComponent("config.json"))
      let empty = try fathom(["tokenize", "--model", "org/tiny"], input: "film", hub: variables, in: folder)
      #expect(
        empty.status != 0 && empty.errors.contains("holds no model") && empty.errors.contains("hf:org/tiny"))
    }
  }

  @Test func `a family that Fathom does not read is refused before its weights are fetched`() throws {
    try withHub { hub, _, variables in
      hub.repositories["org/tiny"]?.files["config.json"] = Data(#"{"model_type": "gpt2"}"#.utf8)
      let outcome = try fathom(["tokenize", "--model", "org/tiny"], hub: variables)
      #expect(outcome.status != 0 && outcome.errors.contains("gpt2") && hub.store.requests.isEmpty)
    }
  }

  @Test func `what is neither a folder nor a model at the Hub is one sentence`() throws {
    try withHub { _, _, variables in
      for (name, expected) in [
        ("org/none", "no folder here is called so, and there is no such model"),
        ("../none", "none: the folder has no"), ("a/b/c", "a/b/c"),
      ] {
        let outcome = try fathom(["outputs", "--model", name, "--text", "a", "--out", "o"], hub: variables)
        let lines = outcome.errors.split(separator: "\n")
        #expect(
          outcome.status != 0 && lines.count == 1 && outcome.errors.contains(expected), "\(outcome.errors)")
      }
    }
  }

  @Test func `fetch --out makes a folder of files, not of links`() throws {
    try withHub { hub, folder, variables in
      let out = folder.appendingPathComponent("copy")
      let first = try fathom(["fetch", "org/tiny", "--out", out.path], hub: variables)
      #expect(first.status == 0, "\(first.errors)")
      for name in try FileManager.default.contentsOfDirectory(atPath: out.path) {
        let kind = try FileManager.default.attributesOfItem(atPath: out.path + "/" + name)[.type]
        #expect(kind as? FileAttributeType == .typeRegular, "\(name)")
      }
      #expect(try fathom(["tokenize", "--model", out.path], input: "film", hub: variables).status == 0)
      let again = try fathom(["fetch", "org/tiny", "--out", out.path], hub: variables)
      #expect(again.status != 0 && again.errors.contains("--out"))
    }
  }

  @Test func `Ctrl-C keeps what was received`() throws {
    try withHub { hub, folder, variables in
      hub.twist { request, answer in
        guard request.method == "GET", request.path.hasSuffix("/vocab.txt") else { return nil }
        Thread.sleep(forTimeInterval: 5)
        return answer
      }
      let begun = Date()
      let outcome = try fathom(
        ["tokenize", "--model", "org/tiny"], interruptAt: "config.json fetched", hub: variables)
      #expect(outcome.status != 0 && outcome.errors.contains("stopped"), "\(outcome.errors)")
      #expect(Date().timeIntervalSince(begun) < 4)
      hub.forgetTwists()
      #expect(try fathom(["tokenize", "--model", "org/tiny"], input: "film", hub: variables).status == 0)
    }
  }
}
