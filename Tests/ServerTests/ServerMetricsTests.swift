import Testing

@testable import Server

struct ServerMetricsTests {
  @Test func `a request is counted by route and status`() {
    let metrics = ServerMetrics()
    metrics.addRequest("/", status: 200, seconds: 0.02)
    metrics.addRequest("/", status: 200, seconds: 40)
    #expect(metrics.text(waiting: 0).contains("fathom_requests_total{route=\"/\",status=\"200\"} 2\n"))
  }

  @Test func `each bucket holds what the ones below it hold`() {
    let metrics = ServerMetrics()
    for seconds in [0.001, 0.02, 40] { metrics.addRequest("/", status: 200, seconds: seconds) }
    let text = metrics.text(waiting: 0)
    for (bound, count) in [("0.005", 1), ("0.025", 2), ("30.0", 2), ("+Inf", 3)] {
      #expect(text.contains("fathom_request_seconds_bucket{le=\"\(bound)\"} \(count)\n"), "\(bound)")
    }
  }

  @Test func `batches, their requests and what waits are told`() {
    let metrics = ServerMetrics()
    metrics.addBatch(requests: 3, texts: 7)
    let text = metrics.text(waiting: 5)
    for line in [
      "predicted_texts_total 7", "prediction_batches_total 1", "batched_requests_total 3", "waiting_texts 5",
    ] {
      #expect(text.contains("fathom_\(line)\n"))
    }
  }
}
