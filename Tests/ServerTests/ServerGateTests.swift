import Files
import Foundation
import Hummingbird
import Logging
import NIOEmbedded
import Testing

@testable import Server

struct ServerGateTests {
  private let metrics = ServerMetrics()

  /// What a router of two paths answers.
  private func answer(
    _ method: HTTPRequest.Method, _ path: String, token: String? = nil, host: String = "localhost:8080",
    headers: HTTPFields = [:]
  ) async throws -> Response {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: ServerGate(token: token, metrics: metrics))
    router.get("healthz") { _, _ in Response.text("ok\n", "text/plain") }
    router.get("page") { _, _ in Response.text("page", "text/plain") }
    router.post("v1/predict") { _, _ -> Response in throw FathomError(.notFinite, "the logits are not finite")
    }
    router.refuseOtherMethods()
    let head = HTTPRequest(
      method: method, scheme: "http", authority: host, path: path, headerFields: headers)
    let source = ApplicationRequestContextSource(
      channel: EmbeddedChannel(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await router.buildResponder().respond(
      to: Request(head: head, body: RequestBody(buffer: ByteBuffer())),
      context: BasicRequestContext(source: source))
  }

  @Test func `HEAD is answered where GET is`() async throws {
    let response = try await answer(.head, "/healthz")
    #expect(response.status == .ok && response.headers[.contentLength] == "3")
  }

  @Test func `another method is answered 405 with those that there are`() async throws {
    let get = try await answer(.get, "/v1/predict")
    #expect(get.status == .methodNotAllowed && get.headers[.allow] == "POST")
    let post = try await answer(.post, "/healthz")
    #expect(post.status == .methodNotAllowed && post.headers[.allow] == "GET, HEAD")
  }

  @Test func `an unknown path is not found, whatever the method`() async throws {
    #expect(try await answer(.get, "/nowhere").status == .notFound)
    #expect(try await answer(.delete, "/nowhere").status == .notFound)
  }

  @Test func `a fault of the model is answered 500 and counted`() async throws {
    #expect(try await answer(.post, "/v1/predict").status == .internalServerError)
    #expect(
      metrics.text(waiting: 0).contains("fathom_requests_total{route=\"/v1/predict\",status=\"500\"} 1\n"))
  }

  @Test func `without a token this machine alone is answered`() async throws {
    for host in ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]:8080"] {
      #expect(try await answer(.get, "/page", host: host).status == .ok, "\(host)")
    }
    for host in ["", "evil.example", "localhost.evil.example", "[evil]", "[::1"] {
      #expect(try await answer(.get, "/page", host: host).status == .forbidden, "\(host)")
    }
  }

  @Test func `a token opens, in the header or in the address`() async throws {
    #expect(try await answer(.get, "/page", token: "secret").status == .unauthorized)
    #expect(try await answer(.get, "/page?token=secreT", token: "secret").status == .unauthorized)
    #expect(try await answer(.get, "/page?token=secret", token: "secret", host: "a.b").status == .ok)
    let headers: HTTPFields = [.authorization: "Bearer secret"]
    #expect(try await answer(.get, "/page", token: "secret", headers: headers).status == .ok)
  }

  @Test func `tokens are equal when all of their bytes are`() {
    typealias Gate = ServerGate<BasicRequestContext>
    #expect(Gate.isEqual("secret", "secret"))
    for other in ["", "secre", "secrets", "Secret", "sécret"] { #expect(!Gate.isEqual(other, "secret")) }
  }
}
