import Foundation
import Hummingbird

/// What a request did wrong, or why it cannot be answered: a status and one sentence.
struct ServerFault: Error, HTTPResponseError {
  let status: HTTPResponse.Status
  let message: String
  /// For 405: the methods that the path has.
  private(set) var allowed: [String] = []

  static func methodNotAllowed(_ allowed: [String]) -> ServerFault {
    var fault = ServerFault(.methodNotAllowed, "this path takes \(allowed.joined(separator: " and ")) alone")
    fault.allowed = allowed
    return fault
  }

  init(_ status: HTTPResponse.Status, _ message: String) {
    self.status = status
    self.message = message
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    var response = try Response.json(["error": message], status: status)
    if status == .tooManyRequests || status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
    if !allowed.isEmpty { response.headers[.allow] = allowed.joined(separator: ", ") }
    return response
  }
}

extension Response {
  /// A JSON object.
  static func json(_ object: Any, status: HTTPResponse.Status = .ok) throws -> Response {
    json(
      try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes]),
      status: status)
  }

  /// JSON that is written already.
  static func json(_ data: Data, status: HTTPResponse.Status = .ok) -> Response {
    content(ByteBuffer(bytes: data), "application/json", status: status)
  }

  static func text(_ text: String, _ type: String) -> Response {
    content(ByteBuffer(string: text), type, status: .ok)
  }

  private static func content(_ bytes: ByteBuffer, _ type: String, status: HTTPResponse.Status) -> Response {
    Response(
      status: status,
      headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
      body: ResponseBody(byteBuffer: bytes))
  }

  static func html(_ text: String) -> Response { self.text(text, "text/html; charset=utf-8") }
}
