import Checkpoint
import Fixtures
import Files
import Foundation
import Study
import Testing
import Torch

@Suite(.serialized) struct ServeCommandTests {
  /// A finished study of two models on the tiny task.
  private static let study: URL = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "fathom-served-\(UUID().uuidString)")
    do {
      try writeTinyTask(to: folder, train: 240, test: 40)
      let outcome = try fathom([
        "study", "--model", folder.path + "/model", "--train", folder.path + "/train.csv", "--test",
        folder.path + "/test.csv",
        "--max-length", "16", "--bert-lr", "3e-3", "--head-lr", "1e-2", "--batch-size", "16", "--threads",
        "1", "--variants",
        "1VA,baseline-bert",
        "--epochs", "3", "--quiet", "--out", folder.path + "/study",
      ])
      precondition(outcome.status == 0, outcome.errors)
    } catch { preconditionFailure("\(error)") }
    return folder.appendingPathComponent("study")
  }()

  /// A copy of a served model with a weight that is not a number.
  private static func addBrokenModel() throws {
    let models = study.appendingPathComponent("models")
    let (sound, broken) = (models.appendingPathComponent("1VA-s1"), models.appendingPathComponent("broken"))
    try? FileManager.default.removeItem(at: broken)
    try FileManager.default.copyItem(at: sound, to: broken)
    let checkpoint = try Checkpoint(folder: sound)
    let name = "encoder.layer.0.attention.self.query.weight"
    let tensors = try checkpoint.names.map { key -> (String, Tensor) in
      let tensor = try #require(checkpoint[key]).load()
      if key == name { tensor.fill(.nan) }
      return (key, tensor)
    }
    try SafeTensors.write(tensors, to: broken.appendingPathComponent("model.safetensors"))
  }

  /// A server of its own on a free port; asked to stop afterwards, it must end well.
  private func withServer(_ options: [String] = [], _ body: (_ port: Int, _ process: Process) throws -> Void)
    throws
  {
    try Fixtures.withFolder { folder in
      let process = Process()
      process.executableURL = fathomExecutable
      process.arguments = ["serve", Self.study.path, "--port", "0", "--threads", "1"] + options
      let out = folder.appendingPathComponent("out")
      try Data().write(to: out)
      process.standardOutput = try FileHandle(forWritingTo: out)
      process.standardError = FileHandle.nullDevice
      var outcome = Result<Void, any Error>.success(())
      try ChildProcess.run(process) {
        outcome = Result {
          var port: Int?
          for _ in 0..<500 where port == nil && process.isRunning {
            let line = try String(contentsOf: out, encoding: .utf8)
            if line.hasSuffix("\n") {
              port = line.components(separatedBy: "/ (").first?.split(separator: ":").last.flatMap { Int($0) }
            }
            Thread.sleep(forTimeInterval: 0.02)
          }
          try body(try #require(port, "the server did not say where it listens"), process)
        }
        if case .success = outcome { process.terminate() } else { kill(process.processIdentifier, SIGKILL) }
      }
      try outcome.get()
      #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    }
  }

  @Test func `predictions are those of fathom predict, alone and many at once`() throws {
    let (texts, _) = TinyTask.texts(24, seed: 9)
    let predicted = try fathom(
      ["predict", "--model", Self.study.path + "/models/1VA-s1"], input: texts.joined(separator: "\n") + "\n"
    )
    .output.split(separator: "\n").map { try json(String($0)) }
    try withServer { port, _ in
      func check(_ found: [[String: Any]], _ expected: ArraySlice<[String: Any]>) throws {
        #expect(found.count == expected.count)
        for (a, b) in zip(found, expected) {
          #expect(a["label"] as? String == b["label"] as? String)
          let (x, y) = (try #require(a["logits"] as? [Double]), try #require(b["logits"] as? [Double]))
          for (p, q) in zip(x, y) { #expect(abs(p - q) < 1e-5) }
        }
      }
      let body = String(
        decoding: try JSONSerialization.data(withJSONObject: ["texts": texts, "model": "1VA-s1"]),
        as: UTF8.self)
      let all = try RawClient.ask(port, "/v1/predict", body: body)
      #expect(all.status == 200)
      try check(try #require(try json(all.body)["predictions"] as? [[String: Any]]), predicted[...])
      let answers = Answers()
      DispatchQueue.concurrentPerform(iterations: texts.count) { index in
        let body = "{\"model\": \"1VA-s1\", \"text\": \"\(texts[index])\"}"
        answers.set(index, (try? RawClient.ask(port, "/v1/predict", body: body)) ?? (0, ""))
      }
      for index in texts.indices {
        #expect(answers[index].status == 200)
        try check(
          try #require(try json(answers[index].body)["predictions"] as? [[String: Any]]),
          predicted[index...index])
      }
      let metrics = try RawClient.ask(port, "/metrics").body
      #expect(
        metrics.contains("fathom_predicted_texts_total 48")
          && metrics.contains("fathom_batched_requests_total 25"))
      #expect(
        metrics.contains("fathom_requests_total{route=\"/v1/predict\",status=\"200\"} 25")
          && metrics.contains("fathom_waiting_texts 0"))
    }
  }

  @Test func `what is wrong with a request is said in a sentence, and the server lives on`() throws {
    try withServer(["--timeout", "1"]) { port, _ in
      func fails(
        _ status: Int, _ part: String, _ path: String, body: String? = nil, headers: [String: String] = [:],
        host: String = "127.0.0.1"
      ) throws {
        let answer = try RawClient.ask(port, path, body: body, headers: headers, host: host)
        #expect(answer.status == status, "\(path) \(body ?? "")")
        let sentence = try #require(try json(answer.body)["error"] as? String)
        #expect(sentence.contains(part), "\(answer.body)")
      }
      let predict = "/v1/predict"
      try fails(400, "JSON object", predict, body: "{\"texts\": ")
      try fails(400, "JSON object", predict, body: "[1]")
      // Foundation's own parser ends the process at 513.
      for levels in [513, 100_000] {
        try fails(400, "nests too deeply", predict, body: String(repeating: "[", count: levels))
      }
      try Self.addBrokenModel()
      for path in [predict, "/v1/attention"] {
        try fails(500, "not finite", path, body: "{\"text\": \"a film\", \"model\": \"broken\"}")
      }
      try FileManager.default.removeItem(at: Self.study.appendingPathComponent("models/broken"))
      try fails(400, "'texts'", predict, body: "{\"texts\": 3}")
      try fails(400, "'texts'", predict, body: "{\"texts\": []}")
      try fails(400, "'model'", predict, body: "{\"text\": \"a\", \"model\": 3}")
      try fails(404, "no model", predict, body: "{\"text\": \"a\", \"model\": \"../../etc\"}")
      try fails(
        413, "256", predict,
        body: "{\"texts\": [\(Array(repeating: "\"a\"", count: 257).joined(separator: ","))]}")
      try fails(413, "megabyte", predict, body: "{\"text\": \"\(String(repeating: "a", count: 1_100_000))\"}")
      try fails(
        415, "Content-Type", predict, body: "{\"text\": \"a\"}", headers: ["Content-Type": "text/plain"])
      try fails(403, "localhost", "/", host: "evil.example")
      try fails(404, "Not Found", "/nowhere")
      try fails(
        400, "no attention", "/v1/attention", body: "{\"text\": \"a\", \"model\": \"baseline-bert-s1\"}")
      try fails(405, "POST", predict)
      // Cut: the client closes its side in the middle of the body.
      let cut = try RawClient(port: port)
      cut.send(
        "POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"te"
      )
      cut.finishSending()
      #expect(RawClient.parse(cut.receive()).status == 400)
      // Slow: the body never ends.
      let slow = try RawClient(port: port)
      slow.send(
        "POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"te"
      )
      #expect(RawClient.parse(slow.receive(until: "}")).status == 408)
      // No HTTP at all, half a request, a head without end
      for garbage in [
        "\u{1}\u{2}\u{3}\r\n\r\n", "GET",
        "GET / HTTP/1.1\r\nHost: \(String(repeating: "a", count: 200_000))\r\n\r\n",
      ] {
        let client = try RawClient(port: port)
        client.send(garbage)
        if garbage != "GET" { _ = client.receive() }
      }
      #expect(try RawClient.ask(port, "/healthz").body == "ok\n")
      let fine = try RawClient.ask(port, predict, body: "{\"text\": \"so very good\"}")
      #expect(fine.status == 200)
    }
  }

  @Test func `overload is refused with 429 and what was taken on is answered`() throws {
    try withServer(["--waiting", "64"]) { port, _ in
      let text = Array(repeating: "the film was so very good", count: 60)
      let body = String(decoding: try JSONSerialization.data(withJSONObject: ["texts": text]), as: UTF8.self)
      let answers = Answers()
      DispatchQueue.concurrentPerform(iterations: 200) {
        answers.set($0, (try? RawClient.ask(port, "/v1/predict", body: body)) ?? (0, ""))
      }
      let statuses = (0..<200).map { answers[$0].status }
      #expect(statuses.allSatisfy { $0 == 200 || $0 == 429 } && statuses.contains(200))
      #expect(try RawClient.ask(port, "/v1/predict", body: body).status == 200)
    }
  }

  @Test func `the report, the explorer and the events are served`() throws {
    try withServer { port, _ in
      let page = try RawClient.ask(port, "/")
      #expect(
        page.status == 200 && page.body.contains("Recommended") && page.body.contains("1VA-s1")
          && page.body.contains("EventSource"))
      let names = try json(RawClient.ask(port, "/v1/models").body)["models"] as? [String]
      #expect(names == ["1VA-s1", "baseline-bert-s1"])
      let attention = try RawClient.ask(
        port, "/v1/attention", body: "{\"text\": \"so good\", \"model\": \"1VA-s1\"}")
      let tokens = try json(attention.body)["tokens"] as? [String]
      #expect(attention.status == 200 && tokens == ["[CLS]", "so", "good", "[SEP]"])
      let events = try RawClient(port: port)
      events.send("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
      _ = events.receive(until: "retry")
      try FileManager.default.setAttributes(
        [.modificationDate: Date()], ofItemAtPath: RunStore.file(Self.study).path)
      #expect(events.receive(until: "event: change").contains("event: change"))
      if Browser.executable != nil {
        let visit = try Browser().open("http://127.0.0.1:\(port)/attention?model=1VA-s1&text=so+very+good")
        #expect(visit.console.isEmpty, "\(visit.console)")
        #expect(visit.document.contains("data-band=\"4\"") && visit.document.contains("Predicted "))
      }
    }
  }

  @Test func `a request under way is answered when the server is asked to stop`() throws {
    try withServer { port, process in
      let client = try RawClient(port: port)
      let body = "{\"text\": \"good\"}"
      client.send(
        "POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
      )
      Thread.sleep(forTimeInterval: 0.3)
      process.terminate()
      Thread.sleep(forTimeInterval: 0.3)
      client.send(body)
      #expect(RawClient.parse(client.receive()).status == 200)
    }
  }

  @Test func `a text longer than the model reads is said to be cut`() throws {
    try withServer { port, _ in
      let long = Array(repeating: "good", count: 40).joined(separator: " ")
      let body = "{\"texts\": [\"\(long)\", \"good\"], \"model\": \"1VA-s1\"}"
      let answer = try json(RawClient.ask(port, "/v1/predict", body: body).body)
      let found = try #require(answer["predictions"] as? [[String: Any]])
      #expect(found.map { $0["truncated"] as? Bool } == [true, false])
      #expect(found.map { $0["token_count"] as? Int } == [42, 3])
      #expect(found.map { $0["tokens_read"] as? Int } == [16, 3])
      let attention = try json(
        RawClient.ask(port, "/v1/attention", body: "{\"text\": \"\(long)\", \"model\": \"1VA-s1\"}").body)
      #expect(attention["truncated"] as? Bool == true && attention["token_count"] as? Int == 42)
      #expect(try RawClient.ask(port, "/metrics").body.contains("fathom_truncated_texts_total 2"))
    }
  }

  @Test func `an address that cannot be listened on is named in a sentence`() throws {
    let unknown = try fathom(["serve", Self.study.path, "--host", "nonsense.invalid", "--token", "x"])
    #expect(
      unknown.status != 0 && unknown.errors.contains("'nonsense.invalid' is not known"), "\(unknown.errors)")
    try withServer { port, _ in
      let taken = try fathom(["serve", Self.study.path, "--port", String(port)])
      #expect(taken.status != 0 && taken.errors.contains("taken by another program"), "\(taken.errors)")
      #expect(taken.errors.contains("--port") && taken.errors.split(separator: "\n").count == 1)
    }
  }

  @Test func `other machines need a token`() throws {
    let refused = try fathom(["serve", Self.study.path, "--host", "0.0.0.0"])
    #expect(refused.status != 0 && refused.errors.contains("--token"))
    try withServer(["--host", "0.0.0.0", "--token", "secret"]) { port, _ in
      let health = try RawClient.ask(port, "/healthz")
      #expect(health.status == 200)
      #expect(try RawClient.ask(port, "/").status == 401)
      #expect(try RawClient.ask(port, "/?token=secreT").status == 401)
      #expect(try RawClient.ask(port, "/?token=secret").body.contains("/attention?token=secret"))
      #expect(
        try RawClient.ask(port, "/v1/models", headers: ["Authorization": "Bearer secret"]).status == 200)
    }
    let none = try fathom(["serve", Self.study.path + "/models", "--port", "0"])
    #expect(none.status != 0 && none.errors.contains("study.sqlite"))
  }
}

/// Answers that threads bring in.
private final class Answers: @unchecked Sendable {
  private let lock = NSLock()
  private var found: [Int: (status: Int, body: String)] = [:]

  func set(_ index: Int, _ answer: (status: Int, body: String)) { lock.withLock { found[index] = answer } }
  subscript(index: Int) -> (status: Int, body: String) { lock.withLock { found[index] ?? (0, "") } }
}
