import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One HTTP request, waited for, and the redirects that it meets.
///
/// What proves who asks (``privateHeaders``) goes to the first address's scheme, host and port alone.
package struct WebRequest: Sendable {
  package var url: URL
  package var method = "GET"
  package var headers: [String: String] = [:]
  package var privateHeaders: [String: String] = [:]
  /// Seconds without a byte after which the server counts as silent.
  package var timeout: TimeInterval = 60

  package init(_ url: URL, method: String = "GET") {
    self.url = url
    self.method = method
  }

  /// The beginning of an answer: all but its body.
  package struct Answer: Sendable {
    package let url: URL
    package let status: Int
    /// Names in lower case
    private let headers: [String: String]
    /// Bytes of the body, where the server says it.
    package let length: Int?

    fileprivate init(_ answer: HTTPURLResponse, _ url: URL) {
      self.url = url
      status = answer.statusCode
      length = answer.expectedContentLength >= 0 ? Int(answer.expectedContentLength) : nil
      var headers: [String: String] = [:]
      for (name, value) in answer.allHeaderFields {
        headers[String(describing: name).lowercased()] = String(describing: value)
      }
      self.headers = headers
    }

    package subscript(header: String) -> String? { headers[header.lowercased()] }

    /// Where a redirect leads; nil for any other answer.
    package var location: URL? {
      guard [301, 302, 303, 307, 308].contains(status), let text = self["Location"] else { return nil }
      return URL(string: text, relativeTo: url)?.absoluteURL
    }
  }

  /// How an answer is dealt with.
  package struct Handling {
    /// Whether a redirect is followed; one that is not is the answer.
    package var follows: (_ redirect: Answer, _ target: URL) throws -> Bool = { _, _ in true }
    /// Sees the answer before its body; false leaves the body out.
    package var begins: (Answer) throws -> Bool = { _ in true }
    package var receives: (Data) throws -> Void = { _ in }
    /// Asked every fifth of a second.
    package var shouldStop: () -> Bool = { false }

    package init() {}
  }

  /// Somebody asked to stop.
  package struct Stopped: Error {}

  /// - Returns: the last answer.
  /// - Throws: ``Stopped``; `FathomError` `.network`; what the closures throw.
  package func send(_ handling: Handling) throws -> Answer {
    var address = url
    for _ in 0..<10 {
      var redirect: URL?
      let answer = try exchange(address, handling) { answer in
        guard let target = answer.location else { return try handling.begins(answer) }
        try check(target, from: address)
        if try handling.follows(answer, target) { redirect = target } else { _ = try handling.begins(answer) }
        return false
      }
      guard let redirect else { return answer }
      address = redirect
    }
    throw FathomError(
      .network, at: url.absoluteString, "the server redirects without end", mend: "check the address")
  }

  /// Scheme, host and port are the same.
  package static func isSameOrigin(_ one: URL, _ other: URL) -> Bool {
    func port(_ url: URL) -> Int { url.port ?? (url.scheme?.lowercased() == "https" ? 443 : 80) }
    return one.scheme?.lowercased() == other.scheme?.lowercased()
      && one.host?.lowercased() == other.host?.lowercased() && port(one) == port(other)
  }

  private func check(_ target: URL, from address: URL) throws {
    let scheme = target.scheme?.lowercased() ?? ""
    guard ["http", "https"].contains(scheme), target.host?.isEmpty == false,
      scheme == "https" || address.scheme?.lowercased() == "http"
    else {
      throw FathomError(
        .network, at: address.absoluteString,
        "the server redirects to '\(target.absoluteString.prefix(200))'",
        mend: "only https is followed from here: check the address")
    }
  }

  private func exchange(
    _ address: URL, _ handling: Handling, begins: @escaping (Answer) throws -> Bool
  ) throws -> Answer {
    var request = URLRequest(url: address, timeoutInterval: timeout)
    request.httpMethod = method
    // What is measured and hashed is the file itself.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    if WebRequest.isSameOrigin(address, url) {
      for (name, value) in privateHeaders { request.setValue(value, forHTTPHeaderField: name) }
    }
    let exchange = WebExchange(address, begins, handling.receives)
    defer { exchange.forget() }
    return try exchange.run(request, handling.shouldStop)
  }
}

/// A request under way. What the closures throw ends it, and is thrown again where it is waited for.
///
/// By a delegate, since on Linux URLSession has no `bytes(for:)`, and its `download(for:)` keeps nothing of a try
/// that was stopped.
private final class WebExchange: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  private let address: URL
  private var begins: ((WebRequest.Answer) throws -> Bool)?
  private var receives: ((Data) throws -> Void)?
  private let finished = DispatchSemaphore(value: 0)
  /// Guards all that follows: the session's queue and whoever waits share it.
  private let lock = NSLock()
  private var answer: WebRequest.Answer?
  private var failure: (any Error)?
  private var isOver = false

  init(
    _ address: URL, _ begins: @escaping (WebRequest.Answer) throws -> Bool,
    _ receives: @escaping (Data) throws -> Void
  ) {
    self.address = address
    self.begins = begins
    self.receives = receives
  }

  func run(_ request: URLRequest, _ shouldStop: () -> Bool) throws -> WebRequest.Answer {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    defer { session.invalidateAndCancel() }
    session.dataTask(with: request).resume()
    while finished.wait(timeout: .now() + 0.2) == .timedOut {
      if shouldStop() { throw WebRequest.Stopped() }
    }
    return try lock.withLock {
      if let failure { throw failure }
      guard let answer else {
        throw FathomError(
          .network, at: address.absoluteString, "the server gave no answer", mend: "try again")
      }
      return answer
    }
  }

  /// Nothing of the caller's is called any more.
  func forget() {
    lock.withLock {
      isOver = true
      begins = nil
      receives = nil
    }
  }

  /// On Linux a cancelled answer reports no completion: whoever cancels says itself that it is over.
  private func end(_ task: URLSessionTask, _ error: (any Error)? = nil) {
    if !isOver, failure == nil { failure = error }
    isOver = true
    task.cancel()
    finished.signal()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    lock.withLock {
      guard !isOver, let response = response as? HTTPURLResponse, let begins else {
        return completionHandler(.cancel)
      }
      let answer = WebRequest.Answer(response, address)
      self.answer = answer
      do {
        if try begins(answer) { return completionHandler(.allow) }
        completionHandler(.cancel)
        end(dataTask)
      } catch {
        completionHandler(.cancel)
        end(dataTask, error)
      }
    }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    lock.withLock {
      guard !isOver, let receives else { return }
      do { try receives(data) } catch { end(dataTask, error) }
    }
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    lock.withLock {
      if isOver { return }
      isOver = true
      if let error {
        failure = FathomError(
          .network, at: address.absoluteString, "could not be fetched (\(error.localizedDescription))",
          mend: "check the network and run again")
      }
      finished.signal()
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    // The redirect itself is the answer: ``WebRequest`` says whether to go on, and with which headers.
    completionHandler(nil)
  }
}
