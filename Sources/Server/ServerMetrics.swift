import Foundation

/// Counters for Prometheus.
/// - Source: Prometheus text exposition format 0.0.4.
final class ServerMetrics: @unchecked Sendable {
  private let lock = NSLock()
  private var requests: [String: Int] = [:]
  private var buckets = [Int](repeating: 0, count: bounds.count + 1)
  private var seconds = 0.0
  private var batches = 0
  private var texts = 0
  private var batchedRequests = 0
  private var truncatedTexts = 0
  private static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

  /// - Parameter route: one of the server's own, never what a client wrote.
  func addRequest(_ route: String, status: Int, seconds elapsed: Double) {
    lock.withLock {
      requests["route=\"\(route)\",status=\"\(status)\"", default: 0] += 1
      buckets[Self.bounds.firstIndex { elapsed <= $0 } ?? Self.bounds.count] += 1
      seconds += elapsed
    }
  }

  func addBatch(requests count: Int, texts total: Int) {
    lock.withLock {
      batches += 1
      batchedRequests += count
      texts += total
    }
  }

  /// Texts of which a model read a part alone.
  func addTruncated(_ count: Int) { lock.withLock { truncatedTexts += count } }

  /// - Parameter waiting: texts that wait or run.
  func text(waiting: Int) -> String {
    lock.withLock {
      var lines = ["# TYPE fathom_requests_total counter"]
      lines += requests.sorted { $0.key < $1.key }.map { "fathom_requests_total{\($0.key)} \($0.value)" }
      lines.append("# TYPE fathom_request_seconds histogram")
      var sum = 0
      for (index, count) in buckets.enumerated() {
        sum += count
        let bound = index < Self.bounds.count ? String(Self.bounds[index]) : "+Inf"
        lines.append("fathom_request_seconds_bucket{le=\"\(bound)\"} \(sum)")
      }
      lines += ["fathom_request_seconds_sum \(seconds)", "fathom_request_seconds_count \(sum)"]
      for (name, value) in [
        ("predicted_texts", texts), ("prediction_batches", batches), ("batched_requests", batchedRequests),
        ("truncated_texts", truncatedTexts),
      ] {
        lines += ["# TYPE fathom_\(name)_total counter", "fathom_\(name)_total \(value)"]
      }
      lines += ["# TYPE fathom_waiting_texts gauge", "fathom_waiting_texts \(waiting)"]
      return lines.joined(separator: "\n") + "\n"
    }
  }
}
