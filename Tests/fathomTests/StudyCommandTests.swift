import Checkpoint
import Fixtures
import Foundation
import Study
import Testing

@Suite(.serialized) struct StudyCommandTests {
  private func withStudy(_ body: (_ folder: URL, _ command: [String]) throws -> Void) throws {
    try Fixtures.withFolder { folder in
      try writeTinyTask(to: folder, train: 160, test: 80)
      try body(
        folder,
        [
          "study", "--model", folder.path + "/model", "--train", folder.path + "/train.csv", "--test",
          folder.path + "/test.csv",
          "--max-length", "16", "--bert-lr", "3e-3", "--head-lr", "1e-2", "--batch-size", "16", "--threads",
          "1",
          "--variants", "0VA,1VA,1LV", "--epochs", "3", "--quiet",
        ])
    }
  }

  /// What does not depend on the clock: test loss and epochs of each run.
  private func results(_ folder: URL) throws -> [String: [String]] {
    let store = try RunStore(folder)
    return try Dictionary(
      uniqueKeysWithValues: store.runs().map { run in
        let losses = try store.epochs(of: run).compactMap {
          $0.first { $0.name == "train_loss" }?.value?.description
        }
        return (run.variant, [run["test_loss"]?.description ?? "–"] + losses)
      })
  }

  /// `FATHOM_KILLS` asks for more kills than a test suite has the time for.
  @Test func `a study that is killed at any moment loses nothing finished and ends as one that never was`()
    throws
  {
    try withStudy { folder, command in
      let straight = folder.appendingPathComponent("straight")
      #expect(try fathom(command + ["--out", straight.path]).status == 0)
      let expected = try results(straight)
      var killed = folder.appendingPathComponent("killed-0")
      var generator = SystemSeed(5)
      var known: [String: [String]] = [:]
      let kills = ProcessInfo.processInfo.environment["FATHOM_KILLS"].flatMap { Int($0) } ?? 8
      for count in 1...kills {
        let delay = Double.random(in: 0.2...0.9, using: &generator)
        let outcome = try fathom(command + ["--out", killed.path], killAfter: delay)
        if FileManager.default.fileExists(atPath: RunStore.file(killed).path) {
          let found = try results(killed)
          for (variant, before) in known {
            #expect(before.dropFirst().allSatisfy(found[variant]!.contains), "kill \(count)")
          }
          known = found
        }
        if outcome.status == 0 {
          #expect(known == expected, "kill \(count)")
          killed = folder.appendingPathComponent("killed-\(count)")
          known = [:]
        }
      }
      #expect(try fathom(command + ["--out", killed.path]).status == 0)
      #expect(try results(killed) == expected)
    }
  }

  @Test func `runs are listed, shown, compared and exported`() throws {
    try withStudy { folder, command in
      let study = folder.appendingPathComponent("study").path
      #expect(try fathom(command + ["--out", study]).status == 0)
      let list = try fathom(["runs", "list", study]).output
      #expect(["0VA-s1", "1VA-s1", "1LV-s1", "finished"].allSatisfy(list.contains))
      let show = try fathom(["runs", "show", study, "1VA-s1"]).output
      #expect(["fingerprint: ", "libtorch: ", "validation_accuracy"].allSatisfy(show.contains))
      let compare = try fathom(["runs", "compare", study, "0VA", "1VA"]).output
      #expect(compare.contains("McNemar") && compare.contains("of 80 test examples"))
      let lines = try fathom(["runs", "export", study, "--format", "jsonl"]).output.split(separator: "\n")
      #expect(try lines.count == 3 && json(String(lines[0]))["state"] as? String == "finished")
      let table = try fathom(["runs", "export", study]).output.split(separator: "\n")
      #expect(table.count == 4 && table[0].hasPrefix("id,variant,seed,fold,state"))
      let wrong = try fathom(["runs", "show", study, "9VA"])
      #expect(wrong.status != 0 && wrong.errors.contains("it has 0VA-s1, 1VA-s1, 1LV-s1"))
    }
  }

  @Test func `bench gives a row for each workload`() throws {
    let outcome = try fathom([
      "bench", "--hidden", "32", "--heads", "2", "--blocks", "0,2", "--batch-size", "2", "--batches", "1",
      "--rounds", "1", "--json",
    ])
    let rows = try outcome.output.split(separator: "\n").map { try json(String($0)) }
    #expect(rows.count == 8 && rows.allSatisfy { ($0["tokens_per_second"] as? Double ?? 0) > 0 })
    #expect(try fathom(["bench", "--blocks", "x"]).errors.contains("--blocks"))
  }

  @Test
  func
    `a study on several training sizes gives the learning curve, goes on where it was, and writes event files`()
    throws
  {
    try withStudy { folder, command in
      let out = folder.appendingPathComponent("curve").path
      let all = command + ["--train-sizes", "40,80", "--tensorboard", "--variants", "1VA", "--out", out]
      let first = try fathom(all)
      #expect(first.status == 0, "\(first.errors)")
      let page = try String(contentsOfFile: out + "/report.html", encoding: .utf8)
      #expect(
        page.contains("With fewer training examples") && page.contains(">36<") && page.contains(">72<")
          && page.contains(">144<"))
      #expect(
        try String(contentsOfFile: out + "/models/1VA-s1/run.json", encoding: .utf8).contains("\"mistakes\""))
      let again = try fathom(all.filter { $0 != "--quiet" })
      #expect(again.status == 0 && again.errors.components(separatedBy: "finished before").count == 4)
      let board = out + "/tensorboard/1VA-s1/"
      let events = try #require(try FileManager.default.contentsOfDirectory(atPath: board).first)
      let records = try TensorBoardRecords(Data(contentsOf: URL(fileURLWithPath: board + events)))
      #expect(
        records.count == 4 && records.text.contains("brain.Event:2")
          && records.text.contains("validation/accuracy"))
      let refused = try fathom(command + ["--train-sizes", "40,900", "--out", out])
      #expect(refused.status != 0 && refused.errors.contains("--train-sizes '900'"))
    }
  }

  /// TensorBoard's own reader, where it is installed.
  @Test(.enabled(if: TensorBoardRecords.hasReader, "python3 has no tensorboard"))
  func `TensorBoard reads the events`() throws {
    try withStudy { folder, command in
      let out = folder.appendingPathComponent("board").path
      #expect(try fathom(command + ["--tensorboard", "--variants", "1VA", "--out", out]).status == 0)
      let store = try RunStore(reading: URL(fileURLWithPath: out))
      let losses = try store.epochs(of: store.runs()[0]).compactMap {
        $0.first { $0.name == "train_loss" }?.value?.real
      }
      let read = try TensorBoardRecords.read(out + "/tensorboard/1VA-s1", "train/loss")
      #expect(read.map(\.step) == [1, 2, 3])
      for (a, b) in zip(read, losses) { #expect(abs(a.value - b) < 1e-5) }
    }
  }
}

/// Event files, taken apart.
struct TensorBoardRecords {
  let count: Int
  let text: String

  /// - Throws: when a length leads outside of the file.
  init(_ data: Data) throws {
    var (place, count) = (0, 0)
    while place < data.count {
      try #require(place + 16 <= data.count)
      let length = data[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      place += 16 + length
      count += 1
    }
    try #require(place == data.count)
    self.count = count
    text = String(decoding: data, as: UTF8.self)
  }

  static let hasReader = (try? python("import tensorboard").status) == 0

  static func read(_ folder: String, _ tag: String) throws -> [(step: Int, value: Double)] {
    let lines = try python(
      """
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      events = EventAccumulator("\(folder)"); events.Reload()
      for e in events.Scalars("\(tag)"): print(e.step, e.value)
      """
    ).output
    return lines.split(separator: "\n").map { line in
      let parts = line.split(separator: " ")
      return (Int(parts[0])!, Double(parts[1])!)
    }
  }
}
