import Foundation

/// A small HTTP server in the tests' own process; what it answers, and how it misbehaves, is for the test to
/// say. Each connection takes one request.
public final class LocalServer: @unchecked Sendable {
  public struct Request: Sendable {
    public let method: String
    /// With percent signs, without the query
    public let path: String
    /// Names in lower case
    public let headers: [String: String]
  }

  public struct Answer: Sendable {
    public var status = 200
    public var headers: [String: String] = [:]
    public var body = Data()
    /// What Content-Length says; nil for the body's length, -1 to leave it out
    public var length: Int?
    /// Bytes of the body after which the connection breaks
    public var cutAfter: Int?
    /// Sends the body again and again until nobody reads it
    public var isEndless = false

    public init(_ status: Int = 200, _ body: Data = Data(), _ headers: [String: String] = [:]) {
      (self.status, self.body, self.headers) = (status, body, headers)
    }
  }

  public let address: String
  private let listener: Int32
  private let respond: @Sendable (Request) -> Answer
  private let lock = NSLock()
  private var seen: [Request] = []

  /// All requests so far.
  public var requests: [Request] { lock.withLock { seen } }

  public init(_ respond: @escaping @Sendable (Request) -> Answer) {
    self.respond = respond
    #if canImport(Darwin)
      let kind = SOCK_STREAM
    #else
      let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    listener = socket(AF_INET, kind, 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        let isReady =
          bind(listener, name, size) == 0 && listen(listener, 64) == 0
          && getsockname(listener, name, &size) == 0
        precondition(isReady, "no port on this machine: \(errno)")
      }
    }
    self.address = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let self else {
          close(connection)
          return
        }
        Thread.detachNewThread { self.serve(connection) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var bytes = Data(), buffer = [UInt8](repeating: 0, count: 1 << 14)
    while bytes.range(of: Data("\r\n\r\n".utf8)) == nil {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      bytes += buffer[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ").map(String.init)
    guard words.count == 3 else { return }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
        in: .whitespaces)
    }
    let path = String(words[1].prefix { $0 != "?" })
    let request = Request(method: words[0], path: path, headers: headers)
    lock.withLock { seen.append(request) }
    send(respond(request), to: connection, isHead: words[0] == "HEAD")
  }

  private func send(_ answer: Answer, to connection: Int32, isHead: Bool) {
    var head = "HTTP/1.1 \(answer.status) Because\r\nConnection: close\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    let length = answer.length ?? answer.body.count
    if length >= 0 { head += "Content-Length: \(length)\r\n" }
    guard send(Data((head + "\r\n").utf8), connection), !isHead else { return }
    if answer.isEndless { while send(answer.body, connection) {} }
    _ = send(answer.body.prefix(answer.cutAfter ?? .max), connection)
  }

  private func send(_ data: Data, _ connection: Int32) -> Bool {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    let bytes = [UInt8](data)
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes {
        #if canImport(Darwin)
          Darwin.send(connection, $0.baseAddress! + start, bytes.count - start, flags)
        #else
          Glibc.send(connection, $0.baseAddress! + start, bytes.count - start, flags)
        #endif
      }
      if count <= 0 { return false }
      start += count
    }
    return true
  }
}
