import Foundation

/// What standard output is.
struct Terminal {
  let width: Int
  let isColoured: Bool

  static var output: Terminal {
    let environment = ProcessInfo.processInfo.environment
    let isTerminal = isatty(STDOUT_FILENO) == 1
    var size = winsize()
    let columns = isTerminal && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
    return Terminal(
      width: columns > 0 ? columns : environment["COLUMNS"].flatMap { Int($0) } ?? 80,
      isColoured: isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb")
  }
}
