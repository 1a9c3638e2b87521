import Files
import Attention
import Checkpoint
import Classification
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Report
import Study

/// `fathom serve`: the live report of a study, the attention explorer, and predictions of its models.
public struct StudyServer: Sendable {
  public struct Options: Sendable {
    public var host = "127.0.0.1"
    /// 0 takes a free one.
    public var port = 8080
    /// Needed for any host but loopback.
    public var token: String?
    public var requirements = Requirements()
    /// For a request's body to arrive, and for its answer to be ready
    public var timeout = Duration.seconds(30)
    /// Texts that may wait; more are answered 429.
    public var waitingTexts = 1024

    public init() {}

    /// Whether only this machine can reach the server.
    public var isLoopback: Bool { ["127.0.0.1", "localhost", "::1"].contains(host) }
  }

  static let bodyLimit = 1 << 20
  static let textsPerRequest = 256

  private let options: Options
  private let pages: ServerPages
  private let models: ModelShelf
  private let queue: ModelQueue
  private let metrics = ServerMetrics()
  private let predictions: PredictionQueue

  /// - Throws: `FathomError` when the folder is no study, or a host beyond loopback has no token.
  public init(_ folder: URL, options: Options = Options()) throws {
    _ = try RunStore(reading: folder)
    guard options.isLoopback || options.token?.isEmpty == false else {
      throw FathomError(
        .setting, "\(.host) \(options.host) lets other machines in",
        mend: "add \(.token) with a secret that they must send")
    }
    self.options = options
    pages = ServerPages(folder: folder, requirements: options.requirements)
    models = ModelShelf(folder)
    queue = ModelQueue(limit: options.waitingTexts)
    predictions = PredictionQueue(queue, metrics) { [models] model, texts in
      try models.classifier(model).predict(texts)
    }
  }

  /// Serves until the process is asked to stop; requests under way are finished first.
  /// - Parameter ready: called with the port once connections are taken.
  public func run(ready: @escaping @Sendable (Int) -> Void) async throws {
    var logger = Logger(label: "fathom.serve")
    logger.logLevel = .error
    let application = Application(
      router: router,
      server: .http1(
        configuration: .init(additionalChannelHandlers: [SlowHeadHandler()], idleTimeout: .seconds(20))),
      configuration: .init(
        address: .hostname(options.host, port: options.port), serverName: "fathom",
        availableConnectionsDelegate: MaximumAvailableConnections(512)),
      onServerRunning: { ready($0.localAddress?.port ?? 0) }, logger: logger)
    do { try await application.runService() } catch { throw listeningFault(error) ?? error }
  }

  /// What keeps the server from its address; nil for any other error.
  private func listeningFault(_ error: any Error) -> FathomError? {
    let address = "\(options.host):\(options.port)"
    switch error {
    case is SocketAddressError.UnknownHost, is SocketAddressError:
      return FathomError(
        .network, "the host '\(options.host)' is not known",
        mend: "give \(.host) a name or an address of this machine")
    case let error as IOError where error.errnoCode == EADDRINUSE:
      return FathomError(
        .network, "\(address) is taken by another program", mend: "choose another \(.port)")
    case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
      return FathomError(
        .network, "'\(options.host)' is no address of this machine", mend: "choose another \(.host)")
    case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
      return FathomError(
        .network, "\(address) is not allowed to you", mend: "choose a \(.port) from 1024 on")
    default: return nil
    }
  }

  private var router: Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: ServerGate(token: options.token, metrics: metrics))
    router.get("healthz") { _, _ in Response.text("ok\n", "text/plain") }
    router.get("metrics") { _, _ in
      Response.text(metrics.text(waiting: queue.load), "text/plain; version=0.0.4")
    }
    router.get("/") { request, _ in Response.html(try pages.report(query: query(request))) }
    router.get("events") { _, _ in StudyEvents.response(pages) }
    router.get("attention") { request, _ in try explorer(request) }
    router.get("v1/models") { _, _ in try Response.json(["models": models.names]) }
    router.post("v1/predict") { request, _ in try await predict(request) }
    router.post("v1/attention") { request, _ in try await attend(request) }
    router.refuseOtherMethods()
    return router
  }

  /// The token, if one is in the address: a page's own requests need it too.
  private func query(_ request: Request) -> String {
    request.uri.queryParameters["token"].map {
      "?token=" + ($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
    } ?? ""
  }

  private func explorer(_ request: Request) throws -> Response {
    let asked = request.uri.queryParameters["model"].map { String($0).removingPercentEncoding ?? String($0) }
    // A baseline has no attention: it is shown only to those who ask for it, and then says so.
    let names = models.names.filter { !$0.hasPrefix("baseline") }
    let preferred = pages.recommendedRun.flatMap { names.contains($0) ? $0 : nil } ?? names.first
    let name = try models.name(asked, preferred: preferred)
    return Response.html(
      try AttentionPage([], title: name, served: names.contains(name) ? names : names + [name]).html())
  }

  private func predict(_ request: Request) async throws -> Response {
    let body = try await RequestBodyReader.json(request, within: options.timeout)
    try RequestBodyReader.check(body)
    let texts = try RequestBodyReader.texts(body)
    let name = try models.name(RequestBodyReader.model(body), preferred: pages.recommendedRun)
    let found = try await predictions.predict(texts, model: name, within: options.timeout)
    return try Response.json(["model": name, "predictions": found.map { $0.json() }])
  }

  private func attend(_ request: Request) async throws -> Response {
    let body = try await RequestBodyReader.json(request, within: options.timeout)
    try RequestBodyReader.check(body)
    let text = try RequestBodyReader.texts(body)[0].text
    let name = try models.name(RequestBodyReader.model(body), preferred: pages.recommendedRun)
    // Reading takes a forward and a backward pass and megabytes of answer: it counts as many texts.
    let data = try await queue.run(texts: 32) {
      let model = try models.attention(name)
      let aligned = model.encode(text)
      metrics.addTruncated(aligned.encoded.isTruncated ? 1 : 0)
      return try JSONSerialization.data(withJSONObject: AttentionExample(try model.read(aligned)).json)
    }
    return Response.json(data)
  }
}
