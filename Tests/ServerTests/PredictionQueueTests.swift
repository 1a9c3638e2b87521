import Encoder
import Foundation
import Hummingbird
import Testing
import WordPiece

@testable import Classification
@testable import Server

struct PredictionQueueTests {
  private func prediction(_ input: TextInput, read: Int = 3) -> Prediction {
    var prediction = Prediction(labels: [input.text], scores: [1], logits: [0], answer: .label(0))
    prediction.text = EncodedText(ids: [Int32](repeating: 0, count: read), tokenCount: 3)
    return prediction
  }

  private func labels(_ queue: PredictionQueue, _ texts: [String], within limit: Duration = .seconds(30))
    async throws -> [String]
  {
    try await queue.predict(texts.map { TextInput($0) }, model: "m", within: limit).map(\.title)
  }

  @Test func `each request gets the predictions of its own texts`() async throws {
    let queue = PredictionQueue(ModelQueue(limit: 100), ServerMetrics()) { _, texts in
      texts.map { prediction($0) }
    }
    async let first = labels(queue, ["a", "b"])
    async let second = labels(queue, ["c"])
    #expect(try await (first, second) == (["a", "b"], ["c"]))
  }

  @Test func `what waited too long is answered 503`() async throws {
    let queue = PredictionQueue(ModelQueue(limit: 100), ServerMetrics()) { _, texts in
      texts.map { prediction($0) }
    }
    let fault = await #expect(throws: ServerFault.self) {
      try await labels(queue, ["a"], within: .seconds(-1))
    }
    #expect(fault?.status == .serviceUnavailable)
  }

  @Test func `a full queue is answered 429, and takes texts again when it has room`() async throws {
    let models = ModelQueue(limit: 2)
    let queue = PredictionQueue(models, ServerMetrics()) { _, texts in texts.map { prediction($0) } }
    try models.reserve(2)
    let fault = await #expect(throws: ServerFault.self) { try await labels(queue, ["a"]) }
    #expect(fault?.status == .tooManyRequests)
    models.release(2)
    #expect(try await labels(queue, ["a"]) == ["a"])
    #expect(models.load == 0)
  }

  @Test func `a fault of the model is every waiting request's, and the queue goes on`() async throws {
    let queue = PredictionQueue(ModelQueue(limit: 100), ServerMetrics()) { model, texts in
      if texts == ["bad"] { throw ServerFault(.internalServerError, "not finite") }
      return texts.map { prediction($0) }
    }
    await #expect(throws: ServerFault.self) { try await labels(queue, ["bad"]) }
    #expect(try await labels(queue, ["good"]) == ["good"])
  }

  @Test func `texts that were cut are counted`() async throws {
    let metrics = ServerMetrics()
    let queue = PredictionQueue(ModelQueue(limit: 100), metrics) { _, texts in
      texts.map { prediction($0, read: $0.text == "long" ? 2 : 3) }
    }
    let found = try await queue.predict(["long", "short"], model: "m", within: .seconds(30))
    #expect(found.map(\.isTruncated) == [true, false])
    #expect(found[0].json()["truncated"] as? Bool == true && found[0].json()["token_count"] as? Int == 3)
    #expect(metrics.text(waiting: 0).contains("fathom_truncated_texts_total 1\n"))
  }
}
