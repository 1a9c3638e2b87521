import Fixtures
import Foundation
import Testing

/// Every task through the commands, on a model that learns it in seconds.
@Suite(.serialized) struct TaskCommandTests {
  private func withModel(_ body: (_ folder: URL) throws -> Void) throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 4, test: 4)
      try body(folder)
    }
  }

  private let fast = [
    "--max-length", "16", "--bert-lr", "3e-3", "--head-lr", "1e-2", "--batch-size", "16", "--threads", "1",
    "--quiet",
  ]

  /// Texts with the words they hold.
  private func rows(_ count: Int, seed: UInt64) -> [(text: String, words: [String])] {
    var generator = SystemSeed(seed)
    return (0..<count).map { _ in
      let held = ["good", "bad", "so"].filter { _ in Bool.random(using: &generator) }
      let words = (["film", "was", "the", "a"] + held).shuffled(using: &generator)
      return (words.joined(separator: " "), held)
    }
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func number(_ object: [String: Any], _ key: String) -> Double {
    (object[key] as? NSNumber)?.doubleValue ?? .nan
  }

  @Test func `several labels per text are learned, measured, predicted and studied`() throws {
    try withModel { folder in
      for (name, count, seed) in [("train", 240, 1), ("test", 80, 2)] as [(String, Int, UInt64)] {
        let lines = rows(count, seed: seed).map {
          "{\"text\": \"\($0.text)\", \"label\": [\($0.words.map { "\"\($0)\"" }.joined(separator: ", "))]}\n"
        }
        try Data(lines.joined().utf8).write(to: folder.appendingPathComponent("\(name).jsonl"))
      }
      let data = ["--train", folder.path + "/train.jsonl", "--test", folder.path + "/test.jsonl"]
      let task = ["--task", "multi-label", "--model", folder.path + "/model"] + data + fast
      let out = folder.path + "/out"
      let trained = try fathom(["train", "--variant", "2VA", "--epochs", "20", "--out", out] + task)
      #expect(trained.status == 0, "\(trained.errors)")
      let measured = try object(
        fathom(["evaluate", "--model", out, "--test", folder.path + "/test.jsonl", "--json"]).output)
      #expect(number(measured, "micro_f1") > 0.9)
      #expect(number(measured, "sample_f1") > 0.8)
      #expect((measured["classes"] as? [[String: Any]])?.count == 3)
      let answer = try object(
        fathom(["predict", "--model", out], input: "the good film was so a\n").output)
      #expect(answer["labels"] as? [String] == ["good", "so"])
      #expect(answer["label"] == nil)
      let config = try object(String(contentsOfFile: out + "/config.json", encoding: .utf8))
      let thresholds = (config["fathom"] as? [String: Any])?["thresholds"] as? [Any]
      #expect(thresholds?.count == 3)

      let study = try fathom(
        ["study", "--variants", "1VA,2VA", "--epochs", "6", "--out", folder.path + "/study"] + task)
      #expect(study.status == 0, "\(study.errors)")
      #expect(study.output.contains("validation and test: micro-F1, in percent."))
      #expect(study.output.contains("of micro-F1"))
      let runs = try fathom(["runs", "list", folder.path + "/study"]).output
      #expect(runs.contains("micro-F1"))
      let compared = try fathom(["runs", "compare", folder.path + "/study", "1VA-s1", "2VA-s1"])
      #expect(compared.output.contains("points"), "\(compared.output) \(compared.errors)")
      // The index of a study can be made anew from its run folders.
      let before = try fathom(["report", folder.path + "/study"]).output
      #expect(try fathom(["runs", "rebuild", folder.path + "/study"]).status == 0)
      #expect(try fathom(["report", folder.path + "/study"]).output == before)
    }
  }

  @Test func `numbers are learned, measured, predicted and studied`() throws {
    try withModel { folder in
      for (name, count, seed) in [("train", 240, 1), ("test", 80, 2)] as [(String, Int, UInt64)] {
        let lines = rows(count, seed: seed).map { text, words in
          let value = (words.contains("good") ? 1.0 : 0) - (words.contains("bad") ? 1.5 : 0)
          return "\(text),\(value)\n"
        }
        let table = "text,stars\n" + lines.joined()
        try Data(table.utf8).write(to: folder.appendingPathComponent("\(name).csv"))
      }
      let columns = ["--label-column", "stars"]
      let data = ["--train", folder.path + "/train.csv", "--test", folder.path + "/test.csv"] + columns
      let task = ["--task", "regression", "--model", folder.path + "/model"] + data + fast
      let out = folder.path + "/out"
      let trained = try fathom(["train", "--variant", "2VA", "--epochs", "20", "--out", out] + task)
      #expect(trained.status == 0, "\(trained.errors)")
      let measured = try object(
        fathom(["evaluate", "--model", out, "--test", folder.path + "/test.csv", "--json"] + columns).output)
      #expect(number(measured, "pearson") > 0.9)
      #expect(number(measured, "rmse") < 0.5)
      let answer = try object(fathom(["predict", "--model", out], input: "a good film\n").output)
      #expect(abs(number(answer, "value") - 1) < 0.5)
      let study = try fathom(
        [
          "study", "--variants", "1VA,2VA", "--epochs", "6", "--metric", "mae", "--out",
          folder.path + "/study",
        ]
          + task)
      #expect(study.status == 0, "\(study.errors)")
      #expect(study.output.contains("validation and test: mean absolute error."))
      #expect(study.output.contains("% of the best's mean absolute error"))
      let page = try String(contentsOfFile: folder.path + "/study/report.html", encoding: .utf8)
      #expect(!page.contains("nan") && !page.contains("Confusion"))
    }
  }

  @Test func `pairs are learned by their second text too`() throws {
    try withModel { folder in
      for (name, count, seed) in [("train", 320, 1), ("test", 80, 2)] as [(String, Int, UInt64)] {
        var generator = SystemSeed(seed)
        let lines = (0..<count).map { _ in
          let (a, b) = (Bool.random(using: &generator), Bool.random(using: &generator))
          return "the film was \(a ? "good" : "bad"),a \(b ? "good" : "bad") book,\(b ? "yes" : "no")\n"
        }
        let table = "premise,hypothesis,label\n" + lines.joined()
        try Data(table.utf8).write(to: folder.appendingPathComponent("\(name).csv"))
      }
      let columns = ["--text-column", "premise", "--pair-column", "hypothesis"]
      let out = folder.path + "/out"
      let trained = try fathom(
        [
          "train", "--model", folder.path + "/model", "--variant", "2VA", "--epochs", "8", "--out", out,
          "--train", folder.path + "/train.csv", "--test", folder.path + "/test.csv",
        ] + columns + fast)
      #expect(trained.status == 0, "\(trained.errors)")
      let measured = try object(
        fathom(["evaluate", "--model", out, "--test", folder.path + "/test.csv", "--json"] + columns).output)
      #expect(number(measured, "accuracy") > 0.95)
      let answers = try fathom(
        ["predict", "--model", out], input: "the film was bad\ta good book\nthe film was good\ta bad book\n")
      let labels = try answers.output.split(separator: "\n").map {
        try object(String($0))["label"] as? String
      }
      #expect(labels == ["yes", "no"])
    }
  }

  @Test func `class weights, focal loss, smoothing and calibration are taken and kept`() throws {
    try withModel { folder in
      let weights = folder.appendingPathComponent("weights.json")
      let train = ["--train", folder.path + "/train.csv", "--test", folder.path + "/test.csv"]
      try Data(TinyTask.csv(120, seed: 1).utf8).write(to: folder.appendingPathComponent("train.csv"))
      try Data(TinyTask.csv(40, seed: 2).utf8).write(to: folder.appendingPathComponent("test.csv"))
      let base =
        ["train", "--model", folder.path + "/model", "--variant", "1VA", "--epochs", "2"] + train + fast
      func record(_ options: [String], _ name: String) throws -> [String: Any] {
        let run = try fathom(base + options + ["--out", folder.path + "/" + name])
        #expect(run.status == 0, "\(run.errors)")
        return try object(String(contentsOfFile: folder.path + "/\(name)/run.json", encoding: .utf8))
      }
      let plain = try record([], "plain")
      let settings = plain["settings"] as? [String: Any]
      #expect((settings?["training"] as? [String: Any])?["loss"] == nil, "the identity of earlier runs stays")
      try Data(#"{"good": 3, "bad": 0.5}"#.utf8).write(to: weights)
      let heavy = try record(
        ["--class-weights", weights.path, "--focal-gamma", "2", "--label-smoothing", "0.1", "--calibrate"],
        "heavy")
      let training = (heavy["settings"] as? [String: Any])?["training"] as? [String: Any]
      #expect((training?["loss"] as? [String: Any])?["class_weights"] as? [Double] == [0.5, 3])
      #expect(heavy["identity"] as? String != plain["identity"] as? String)
      let config = try object(String(contentsOfFile: folder.path + "/heavy/config.json", encoding: .utf8))
      #expect(number(config["fathom"] as? [String: Any] ?? [:], "temperature") > 0)

      for (options, part) in [
        (["--class-weights", folder.path + "/none.json"], "none.json: the file cannot be read"),
        (["--huber-delta", "1"], "--huber-delta has no effect on --task single"),
        (["--metric", "pearson"], "--metric pearson is none of --task single"),
        (["--label-columns", "a,b"], "--label-columns are of --task multi-label or regression"),
      ] {
        let refused = try fathom(base + options + ["--out", folder.path + "/refused"])
        #expect(refused.status != 0 && refused.errors.contains(part), "\(refused.errors)")
      }
      for (text, part) in [
        (#"{"good": 3}"#, "class 'bad' has no weight"), (#"{"good": 3, "bad": -1}"#, "is -1.0"),
        (#"{"good": 3, "bad": 1, "ugly": 1}"#, "class 'ugly' does not occur"),
        ("[1, 2]", "not a JSON object"),
      ] {
        try Data(text.utf8).write(to: weights)
        let refused = try fathom(base + ["--class-weights", weights.path, "--out", folder.path + "/refused"])
        #expect(refused.status != 0 && refused.errors.contains(part), "\(refused.errors)")
      }
    }
  }
}
