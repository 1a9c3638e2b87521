import Foundation

/// A client that sends whatever bytes a test wants, in its own time.
final class RawClient {
  private let socket: Int32

  init(port: Int) throws {
    #if os(Linux)
      socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      socket = Darwin.socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    var wait = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let sent = bytes[start...].withUnsafeBytes {
        Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if sent <= 0 { return }
      start += sent
    }
  }

  /// Closes this side alone: the other one may still answer.
  func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

  /// What has come when the other side closes, or when `mark` has been seen.
  func receive(until mark: String? = nil) -> String {
    var all = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      if count <= 0 { break }
      all.append(contentsOf: buffer[..<count])
      if let mark, String(decoding: all, as: UTF8.self).contains(mark) { break }
    }
    return String(decoding: all, as: UTF8.self)
  }

  /// An answer's status and body.
  static func ask(
    _ port: Int, _ path: String, body: String? = nil, headers: [String: String] = [:],
    host: String = "127.0.0.1"
  ) throws -> (status: Int, body: String) {
    let client = try RawClient(port: port)
    var head =
      "\(body == nil ? "GET" : "POST") \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n"
    if let body {
      head += "Content-Length: \(body.utf8.count)\r\n"
      if headers["Content-Type"] == nil { head += "Content-Type: application/json\r\n" }
    }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    client.send(head + "\r\n" + (body ?? ""))
    return parse(client.receive())
  }

  static func parse(_ answer: String) -> (status: Int, body: String) {
    let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let parts = answer.components(separatedBy: "\r\n\r\n")
    var body = parts.dropFirst().joined(separator: "\r\n\r\n")
    if parts[0].lowercased().contains("transfer-encoding: chunked") {
      var rest = body[...], plain = ""
      while let end = rest.range(of: "\r\n"), let count = Int(rest[..<end.lowerBound], radix: 16), count > 0 {
        let bytes = rest[end.upperBound...].utf8
        let cut = bytes.index(bytes.startIndex, offsetBy: count, limitedBy: bytes.endIndex) ?? bytes.endIndex
        plain += String(decoding: bytes[..<cut], as: UTF8.self)
        rest = rest[cut...].dropFirst(1)
        if rest.first == "\n" { rest = rest.dropFirst() }
      }
      body = plain
    }
    return (status, body)
  }
}
