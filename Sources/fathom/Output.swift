import Files
import Checkpoint
import Foundation

/// Results on standard output.
enum Output {
  static func json(_ object: Any) throws {
    let data = try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    line(String(decoding: data, as: UTF8.self))
  }

  static func line(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Writes a file that the user named.
  static func write(_ text: String, to path: String) throws {
    try AtomicFile.write(Data(text.utf8), to: URL(fileURLWithPath: path))
  }

  static func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Calls `body` with batches of lines of standard input, without their line ends; malformed UTF-8 is repaired.
  ///
  /// Lines end at `\n` alone: other Unicode separators belong to the text.
  static func forEachLines(atMost limit: Int, _ body: ([String]) throws -> Void) throws {
    var pending = Data()
    var lines: [String] = []
    func take(_ bytes: Data) throws {
      let bytes = bytes.last == 13 ? bytes.dropLast() : bytes
      lines.append(String(decoding: bytes, as: UTF8.self))
      if lines.count == limit {
        try body(lines)
        lines = []
      }
    }
    let isTerminal = isatty(STDIN_FILENO) == 1
    while true {
      let chunk = FileHandle.standardInput.availableData
      if chunk.isEmpty { break }
      pending.append(chunk)
      var start = pending.startIndex
      while let end = pending[start...].firstIndex(of: 10) {
        try take(pending[start..<end])
        start = end + 1
      }
      pending = Data(pending[start...])
      if isTerminal, !lines.isEmpty {
        try body(lines)
        lines = []
      }
    }
    if !pending.isEmpty { try take(pending) }
    if !lines.isEmpty { try body(lines) }
  }
}
