import Files
import Hummingbird

/// Lets in who may come in, counts every answer, and turns every error into one sentence of JSON.
struct ServerGate<Context: RequestContext>: RouterMiddleware {
  /// nil on loopback, where the Host header must then name this machine.
  let token: String?
  let metrics: ServerMetrics

  func handle(_ request: Request, context: Context, next: (Request, Context) async throws -> Response)
    async throws -> Response
  {
    let started = ContinuousClock.now
    let response: Response
    do {
      try check(request)
      response = try await next(request, context)
    } catch {
      response = try fault(error, context).response(from: request, context: context)
    }
    metrics.addRequest(
      context.endpointPath ?? "other", status: response.status.code,
      seconds: (ContinuousClock.now - started) / .seconds(1))
    return response
  }

  private func fault(_ error: any Error, _ context: Context) -> ServerFault {
    switch error {
    case let fault as ServerFault: return fault
    case let error as any HTTPResponseError: return ServerFault(error.status, error.status.reasonPhrase)
    case let error as FathomError: return ServerFault(.internalServerError, error.description)
    default:
      context.logger.error("\(error)")
      return ServerFault(.internalServerError, "the server failed at this request: its log says why")
    }
  }

  private func check(_ request: Request) throws {
    if request.uri.path == "/healthz" { return }
    guard let token else {
      // A page elsewhere may have its own name point here: it then sends that name.
      guard ServerGate.isLoopback(request.head.authority ?? "") else {
        throw ServerFault(
          .forbidden,
          "this server answers localhost alone: start it with --host and --token to reach it by another name")
      }
      return
    }
    let given =
      request.headers[.authorization].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
      ?? request.uri.queryParameters["token"].map(String.init)
    guard let given, ServerGate.isEqual(given, token) else {
      throw ServerFault(
        .unauthorized, "a token is needed: send 'Authorization: Bearer TOKEN' or add ?token=TOKEN")
    }
  }

  /// Whether a Host header, with or without a port, names this machine.
  static func isLoopback(_ authority: String) -> Bool {
    let ends =
      authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : nil
    let host = authority[..<(ends ?? authority.firstIndex(of: ":") ?? authority.endIndex)]
    return ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
  }

  /// Takes the same time wherever the first difference is.
  static func isEqual(_ a: String, _ b: String) -> Bool {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var difference = a.count ^ b.count
    for index in b.indices { difference |= Int(b[index] ^ (index < a.count ? a[index] : 0)) }
    return difference == 0
  }
}
