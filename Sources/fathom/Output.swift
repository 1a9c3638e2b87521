import Files
import Foundation

/// Results on standard output, and notes on standard error.
enum Output {
  /// Nobody reads standard output any more, as after `| head -1`: there is nothing left to say.
  struct Closed: Error {}

  static func json(_ object: Any) throws {
    let data = try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    try write(data + [10])
  }

  static func line(_ text: String) throws { try write(Data((text + "\n").utf8)) }

  /// - Throws: ``Closed``, or `FathomError` `.diskFull` or `.unwritable`.
  static func write(_ data: Data) throws {
    guard let code = failure(data, STDOUT_FILENO) else { return }
    switch code {
    case EPIPE: throw Closed()
    case ENOSPC, EDQUOT:
      throw FathomError(
        .diskFull, at: "standard output", "the disk is full", mend: "free some space and run again")
    default:
      throw FathomError(
        .unwritable, at: "standard output", "it cannot be written (\(String(cString: strerror(code))))",
        mend: "check where it goes and run again")
    }
  }

  /// Writes a file that the user named.
  static func write(_ text: String, to path: PathArgument) throws {
    try AtomicFile.write(Data(text.utf8), to: path.url)
  }

  /// A line on standard error. Where that cannot be written, work goes on without it.
  static func note(_ text: String) { draw(text + "\n") }

  /// Text on standard error that may be drawn over.
  static func draw(_ text: String) { _ = failure(Data(text.utf8), STDERR_FILENO) }

  /// Writes all bytes; the error number when that fails.
  private static func failure(_ data: Data, _ descriptor: Int32) -> Int32? {
    data.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + start, bytes.count - start)
        if count < 0 {
          if errno == EINTR { continue }
          if errno == EAGAIN {
            // Somebody else made the descriptor non-blocking.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&ready, 1, -1)
            continue
          }
          return errno
        }
        start += count
      }
      return nil
    }
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    #if canImport(Darwin)
      Darwin.write(descriptor, bytes, count)
    #else
      Glibc.write(descriptor, bytes, count)
    #endif
  }
}
