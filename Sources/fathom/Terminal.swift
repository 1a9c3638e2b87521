import Foundation

/// What a stream of this process is connected to.
struct Terminal {
  let isTerminal: Bool
  /// Columns; 80 where nobody says
  let width: Int

  static var output: Terminal { Terminal(STDOUT_FILENO) }
  static var errors: Terminal { Terminal(STDERR_FILENO) }

  private init(_ stream: Int32) {
    isTerminal = isatty(stream) == 1
    var size = winsize()
    let columns = isTerminal && ioctl(stream, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
    width = columns > 0 ? columns : ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
  }

  /// Whether colours are welcome.
  /// - Source: no-color.org
  var isColoured: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
  }
}
