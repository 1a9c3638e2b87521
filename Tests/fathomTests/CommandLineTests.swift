import Checkpoint
import Fixtures
import Files
import Foundation
import Testing
import Torch

/// What a command said and how it ended.
struct Outcome {
  let status: Int32
  let output: String
  let errors: String
}

/// The built program, beside the tests.
let fathomExecutable = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
  .deletingLastPathComponent().appendingPathComponent("fathom")

/// Runs the built `fathom`, as a user does.
/// - Parameters:
///   - mark: text on standard error at which it is sent Ctrl-C.
///   - seconds: after which it is killed outright.
///   - hub: variables that say where the Hub is; without them it is nowhere.
///   - folder: where it runs; nil for where the tests run.
func fathom(
  _ arguments: [String], input: String = "", interruptAt mark: String? = nil,
  killAfter seconds: Double? = nil,
  hub: [String: String] = ["HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": "/nonexistent"],
  in folder: URL? = nil
) throws -> Outcome {
  let process = Process()
  let own = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HF_") }
  process.environment = own.merging(hub) { $1 }
  process.currentDirectoryURL = folder
  process.executableURL = fathomExecutable
  process.arguments = arguments
  let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
    "fathom-io-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: scratch) }
  let files = try ["in", "out", "err"].map { name -> FileHandle in
    let file = scratch.appendingPathComponent(name)
    try Data((name == "in" ? input : "").utf8).write(to: file)
    return try FileHandle(forUpdating: file)
  }
  (process.standardInput, process.standardOutput, process.standardError) = (files[0], files[1], files[2])
  try ChildProcess.run(process) {
    if let seconds {
      Thread.sleep(forTimeInterval: seconds)
      kill(process.processIdentifier, SIGKILL)
    }
    guard let mark else { return }
    let errors = scratch.appendingPathComponent("err")
    while process.isRunning, (try? String(contentsOf: errors, encoding: .utf8).contains(mark)) != true {
      Thread.sleep(forTimeInterval: 0.01)
    }
    process.interrupt()
  }
  func text(_ name: String) throws -> String {
    try String(contentsOf: scratch.appendingPathComponent(name), encoding: .utf8)
  }
  return Outcome(status: process.terminationStatus, output: try text("out"), errors: try text("err"))
}

func json(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

@Suite(.serialized) struct CommandLineTests {
  /// A folder with a tiny model, `train.csv` and `test.csv`.
  private func withTask(_ body: (URL) throws -> Void) throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 160, test: 80)
      try body(folder)
    }
  }

  private func data(_ folder: URL) -> [String] {
    [
      "--model", folder.path + "/model", "--train", folder.path + "/train.csv", "--test",
      folder.path + "/test.csv",
      "--max-length", "16", "--bert-lr", "3e-3", "--head-lr", "1e-2", "--batch-size", "16", "--threads", "1",
    ]
  }

  @Test func `tokenize prints ids and tokens, a line a text`() throws {
    try withTask { folder in
      let outcome = try fathom(
        ["tokenize", "--model", folder.path + "/model"], input: "The film\n\nbad\u{2028}good\r\nzzz")
      let lines = outcome.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 4)
      #expect(lines[0] == #"{"ids":[2,10,7,3],"tokens":["[CLS]","the","film","[SEP]"]}"#)
      #expect(lines[1] == #"{"ids":[2,3],"tokens":["[CLS]","[SEP]"]}"#)
      #expect(try json(lines[2])["tokens"] as? [String] == ["[CLS]", "bad", "good", "[SEP]"])
      let cut = try fathom(
        [
          "tokenize", "--model", folder.path + "/model", "--max-length", "4", "--truncation", "head+tail",
          "--head-share", "0.5",
        ],
        input: "good film book bad")
      #expect(try json(cut.output)["tokens"] as? [String] == ["[CLS]", "good", "bad", "[SEP]"])
    }
  }

  @Test func `what only the model or the data can refuse is said without a usage`() throws {
    try withTask { folder in
      let model = ["--model", folder.path + "/model"]
      for (command, words) in [
        (
          ["attention", "--text", "a film", "--method", "layer-average", "--layer", "99"] + model,
          "the model has layers from 0 to 2, and no 99"
        ),
        (["attention", "--text", "a film", "--token", "99"] + model, "--token 99: the text has 4 tokens"),
        (
          ["study", "--train-sizes", "0", "--out", folder.path + "/s"] + data(folder),
          "--train-sizes '0': write numbers from 2"
        ),
      ] {
        let outcome = try fathom(command)
        #expect(outcome.status == 64 && outcome.errors.contains("Error: "), "\(command)")
        #expect(outcome.errors.contains(words) && !outcome.errors.contains("Usage"), "\(outcome.errors)")
      }
      // What the command line alone shows has its command's usage.
      let unknown = try fathom(["attention", "--nonsense"])
      #expect(unknown.status == 64 && unknown.errors.contains("Usage: fathom attention --model"))
    }
  }

  @Test func `a pretraining that diverges names the one rate that it has`() throws {
    try withTask { folder in
      let text = folder.path + "/text.txt"
      try Data("the film was good\na bad book\n".utf8).write(to: URL(fileURLWithPath: text))
      let outcome = try fathom(
        [
          "pretrain", "--model", folder.path + "/model", "--text", text, "--learning-rate", "1e30", "--out",
          folder.path + "/p", "--threads", "1",
        ])
      #expect(outcome.status == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(": lower --learning-rate"), "\(outcome.errors)")
      #expect(!outcome.errors.contains("--bert-lr") && !outcome.errors.contains("--clip-norm"))
    }
  }

  @Test func `a pt where a model folder is wanted is pointed to import`() throws {
    let file = Fixtures.goldens.appendingPathComponent("study-2019/1VF.pt").path
    let outcome = try fathom(["predict", "--model", file], input: "a film\n")
    #expect(outcome.status == 1 && outcome.errors.contains("`fathom import`"), "\(outcome.errors)")
    let other = try fathom(["predict", "--model", Fixtures.goldens.path + "/bert/vocab.txt"])
    #expect(other.status == 1 && other.errors.contains("is a file and no model folder: name the folder"))
  }

  @Test func `outputs writes every tensor in its shape`() throws {
    try withTask { folder in
      let out = folder.path + "/o.safetensors"
      let outcome = try fathom(
        [
          "outputs", "--model", folder.path + "/model", "--blocks", "2", "--from", "last", "--text",
          "the film was good", "--out", out,
        ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let shapes = Dictionary(
        uniqueKeysWithValues: try SafeTensors.read(URL(fileURLWithPath: out)).tensors.map {
          ($0.name, $0.shape)
        })
      #expect(shapes["sequence_output"] == [1, 6, 16] && shapes["pooled_output"] == [1, 16])
      #expect(
        (0...2).allSatisfy { shapes["hidden_states.\($0)"] == [1, 6, 16] } && shapes["hidden_states.3"] == nil
      )
      #expect(
        (0...1).allSatisfy { shapes["attentions.\($0)"] == [1, 2, 6, 6] } && shapes["attentions.2"] == nil)
    }
  }

  @Test func `train, evaluate and predict agree, and --json has the promised keys`() throws {
    try withTask { folder in
      let out = folder.path + "/out"
      let trained = try fathom(
        ["train", "--variant", "2VA", "--epochs", "8", "--out", out, "--json"] + data(folder))
      #expect(trained.status == 0, "\(trained.errors)")
      let record = try json(trained.output)
      for key in [
        "variant", "seed", "epochs", "peak_epoch", "validation_accuracy", "test_accuracy", "test_macro_f1",
        "train_seconds",
        "tokens_per_second", "parameters", "batch_size", "bert_lr", "max_length", "select_on", "precision",
      ] { #expect(record[key] != nil, "\(key)") }
      let evaluated = try json(
        try fathom(["evaluate", "--model", out, "--test", folder.path + "/test.csv", "--json"]).output)
      #expect(evaluated["accuracy"] as? Double == record["test_accuracy"] as? Double)
      let predicted = try fathom(["predict", "--model", out], input: "the film was good\na bad book\n").output
        .split(separator: "\n")
      #expect(try predicted.map { try json(String($0))["label"] as? String } == ["good", "bad"])
      let first = try json(String(predicted[0]))
      #expect(
        (first["scores"] as? [String: Double])?.count == 2 && (first["logits"] as? [Double])?.count == 2)

      let again = try fathom(["train", "--variant", "2VA", "--out", out] + data(folder))
      #expect(again.status != 0 && again.errors.contains("--overwrite"))
    }
  }

  @Test func `Ctrl-C stops training after saving, and --resume ends as if nothing had happened`() throws {
    try withTask { folder in
      let long = data(folder) + ["--variant", "2LV", "--epochs", "12"]
      let straight = try fathom(["train", "--out", folder.path + "/a", "--json"] + long)
      let stopped = try fathom(
        ["train", "--out", folder.path + "/b", "--json"] + long, interruptAt: "epoch 2:")
      #expect(stopped.status == 130 && stopped.output.isEmpty && stopped.errors.contains("--resume"))
      let refused = try fathom(["train", "--out", folder.path + "/b", "--json"] + long)
      #expect(refused.status != 0 && refused.errors.contains("--resume"))
      let resumed = try fathom(["train", "--out", folder.path + "/b", "--json", "--resume"] + long)
      #expect(resumed.status == 0)
      #expect(
        try json(resumed.output)["test_accuracy"] as? Double == json(straight.output)["test_accuracy"]
          as? Double)
      let weights = try ["a", "b"].map {
        try Data(contentsOf: folder.appendingPathComponent("\($0)/model.safetensors"))
      }
      #expect(weights[0] == weights[1])
    }
  }

  @Test func `a study prints its table, writes its files, and goes on where it was`() throws {
    try withTask { folder in
      let out = folder.path + "/study"
      let arguments = ["study", "--out", out, "--epochs", "6"] + data(folder)
      let first = try fathom(arguments + ["--variants", "1VA,baseline-custom"])
      #expect(first.status == 0 && first.output.contains("Recommended:"), "\(first.errors)")
      for file in ["results.csv", "accuracy.svg", "report.html", "models/1VA-s1/model.safetensors"] {
        #expect(FileManager.default.fileExists(atPath: out + "/" + file), "\(file)")
      }
      let second = try fathom(arguments + ["--variants", "1VA,2VA,baseline-custom", "--json"])
      #expect(
        second.errors.contains("[1/3] 1VA seed 1: finished before")
          && second.errors.contains("2VA seed 1 epoch 6"))
      #expect((try json(second.output)["runs"] as? [Any])?.count == 3)
      let other = try fathom(["study", "--out", out, "--epochs", "5", "--variants", "1VA"] + data(folder))
      #expect(other.status != 0 && other.errors.contains("other settings"))
    }
  }

  @Test func `the same study with another model is refused`() throws {
    try withTask { (folder: URL) throws in
      let arguments =
        ["--out", folder.path + "/s", "--epochs", "1", "--variants", "1VA", "--quiet"] + data(folder)
      #expect(try fathom(["study"] + arguments).status == 0)
      RandomState.seed(99)
      try writeTinyModel(to: folder.appendingPathComponent("model"), hidden: 32)
      let other = try fathom(["study"] + arguments)
      #expect(other.status != 0 && other.errors.contains("another model"), "\(other.errors)")
    }
  }

  @Test func `markup in a text counts the same in evaluate and in predict`() throws {
    try withTask { (folder: URL) throws in
      let out = folder.path + "/o"
      #expect(
        try fathom(["train", "--variant", "1VA", "--epochs", "1", "--out", out] + data(folder)).status == 0)
      let plain = try fathom(["predict", "--model", out], input: "the film was good\n")
      let marked = try fathom(["predict", "--model", out], input: "the<br />film <br>was good\n")
      #expect(plain.status == 0 && plain.output == marked.output)
    }
  }

  @Test func `a slip in the data costs no finished run, whatever overwrite says`() throws {
    try withTask { (folder: URL) throws in
      let arguments =
        ["train", "--variant", "1VA", "--epochs", "1", "--out", folder.path + "/o"] + data(folder)
      #expect(try fathom(arguments).status == 0)
      let slip = arguments.map { $0.hasSuffix("train.csv") ? folder.path + "/typo.csv" : $0 }
      #expect(try fathom(slip + ["--overwrite"]).status != 0)
      for name in ["run.json", "predictions.json", "model.safetensors"] {
        #expect(FileManager.default.fileExists(atPath: folder.path + "/o/" + name), "\(name)")
      }
    }
  }

  @Test func `a study of which every run fails says so and names one`() throws {
    try withTask { (folder: URL) throws in
      let out = folder.appendingPathComponent("study").path
      let outcome = try fathom(
        ["study", "--variants", "1VA", "--quiet", "--out", out] + data(folder) + ["--bert-lr", "1e38"])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("1VA-s1 failed") && outcome.errors.contains("--bert-lr"))
    }
  }

  @Test func `wrong input ends in one sentence and a non-zero status`() throws {
    try withTask { folder in
      let model = folder.path + "/model"
      try Data("text,label\nx,good\ny,ugly\n".utf8).write(to: folder.appendingPathComponent("odd.csv"))
      try Data("nonsense".utf8).write(to: folder.appendingPathComponent("not-a-folder"))
      try Data(contentsOf: folder.appendingPathComponent("train.csv"))
        .write(to: folder.appendingPathComponent("copy.csv"))
      let cases: [([String], String)] = [
        (["predict", "--model", model], "no classifier"),
        (["predict", "--model", folder.path + "/none"], "model.safetensors"),
        (
          ["train", "--variant", "baseline-custom", "--pooler", "reinitialized", "--out", "o"] + data(folder),
          "--pooler has no effect on a baseline-custom"
        ),
        (["tokenize", "--model", folder.path + "/none"], "vocab.txt"),
        (["train", "--variant", "9VA", "--out", folder.path + "/o1"] + data(folder), "checkpoint has 3"),
        (["train", "--variant", "what", "--out", folder.path + "/o2"] + data(folder), "3VA"),
        (
          ["train", "--variant", "1VA", "--out", folder.path + "/not-a-folder/x"] + data(folder),
          "cannot be made"
        ),
        (
          ["outputs", "--model", model, "--block-list", "0,9", "--text", "x", "--out", folder.path + "/o"],
          "0 to 2"
        ),
        (
          ["evaluate", "--model", Fixtures.goldens.path + "/bert", "--test", folder.path + "/odd.csv"],
          "label 'good'"
        ),
        (
          ["train", "--variant", "1VA", "--device", "cuda:7", "--out", folder.path + "/o3"] + data(folder),
          "not available"
        ),
        (["fetch", "../etc/passwd"], "not a name"),
        (
          ["train", "--model", folder.path + "/model", "--variant", "1VA", "--out", folder.path + "/o4"]
            + ["--train", folder.path + "/train.csv", "--test", folder.path + "/copy.csv"],
          "--test has the same content as train.csv of --train"
        ),
        (
          ["train", "--model", folder.path + "/model", "--variant", "1VA", "--out", folder.path + "/o5"]
            + ["--train", folder.path + "/train.csv", "--test-share", "0.999"],
          "--test-share"
        ),
        (
          [
            "import", folder.path + "/train.csv", "--model", folder.path + "/model", "--out",
            folder.path + "/i",
          ],
          "torch.save"
        ),
        (["pretrain", "--text", folder.path + "/none", "--out", folder.path + "/p"], "does not exist"),
      ]
      for (arguments, expected) in cases {
        let outcome = try fathom(arguments)
        #expect(
          outcome.status != 0 && outcome.errors.contains(expected),
          "\(arguments.prefix(3)): \(outcome.errors)")
        #expect(!outcome.errors.contains("Fatal error"), "\(outcome.errors)")
      }
    }
  }

  @Test func `fetch says where to put a data set that it cannot bring`() throws {
    try Fixtures.withFolder { folder in
      let offline = try fathom([
        "fetch", "imdb", "--mirror", "http://127.0.0.1:9", "--out", folder.path + "/x/aclImdb",
      ])
      #expect(offline.status != 0 && offline.errors.contains("bring the file and put it at"))
      #expect(offline.errors.split(separator: "\n").count == 1)
    }
  }
}
