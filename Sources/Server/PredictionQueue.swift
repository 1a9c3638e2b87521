import Classification
import Foundation

/// Predictions of many requests at once: what arrives while the model runs goes through it together next.
final class PredictionQueue: @unchecked Sendable {
  typealias Predictions = [Prediction]

  private struct Request {
    let model: String
    let texts: [TextInput]
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<Predictions, any Error>
  }

  private let lock = NSLock()
  private var requests: [Request] = []
  private let queue: ModelQueue
  private let metrics: ServerMetrics
  private static let textsPerBatch = 256

  private let predict: @Sendable (_ model: String, _ texts: [TextInput]) throws -> Predictions

  /// - Parameter predict: called on the queue's thread, with the texts of one or more requests.
  init(
    _ queue: ModelQueue, _ metrics: ServerMetrics,
    predict: @escaping @Sendable (_ model: String, _ texts: [TextInput]) throws -> Predictions
  ) {
    self.queue = queue
    self.metrics = metrics
    self.predict = predict
  }

  /// - Throws: ``ServerFault``: 404 for a model that is not there, 429 when too much waits, 503 when it took
  ///   too long.
  func predict(_ texts: [TextInput], model: String, within limit: Duration) async throws -> Predictions {
    try queue.reserve(texts.count)
    defer { queue.release(texts.count) }
    return try await withCheckedThrowingContinuation { continuation in
      lock.withLock {
        requests.append(
          Request(model: model, texts: texts, deadline: .now + limit, continuation: continuation))
      }
      queue.start { self.runNext() }
    }
  }

  /// Answers the oldest request with all others for the same model that fit a batch; nothing is left to do
  /// when an earlier call took them along.
  private func runNext() {
    let chosen = lock.withLock { () -> [Request] in
      guard let first = requests.first else { return [] }
      var chosen: [Request] = [], texts = 0
      requests.removeAll { request in
        guard request.model == first.model,
          chosen.isEmpty || texts + request.texts.count <= Self.textsPerBatch
        else { return false }
        chosen.append(request)
        texts += request.texts.count
        return true
      }
      return chosen
    }
    let now = ContinuousClock.now
    for request in chosen where request.deadline < now {
      request.continuation.resume(
        throwing: ServerFault(.serviceUnavailable, "the request waited too long: try again"))
    }
    let live = chosen.filter { $0.deadline >= now }
    guard let first = live.first else { return }
    do {
      let predictions = try predict(first.model, live.flatMap(\.texts))
      metrics.addBatch(requests: live.count, texts: predictions.count)
      metrics.addTruncated(predictions.count(where: \.isTruncated))
      var start = 0
      for request in live {
        request.continuation.resume(returning: Array(predictions[start..<start + request.texts.count]))
        start += request.texts.count
      }
    } catch {
      for request in live { request.continuation.resume(throwing: error) }
    }
  }
}
