import Files
import Foundation

/// Standard input in batches of lines without their line ends; what is not UTF-8 is refused with its line.
///
/// Lines end at `\n` alone: other Unicode separators belong to the text. Time grows with the bytes that come,
/// however long a line is, and memory with the longest line and one batch.
enum InputLines {
  /// Bytes of a batch after which it is handed on before it has all its lines.
  static let bytesPerBatch = 8 << 20
  /// A line beyond this is refused: no model reads as much.
  static let bytesPerLine = 256 << 20

  /// Calls `body` with at most `limit` lines at a time.
  /// - Throws: `FathomError` when standard input cannot be read or a line is too long; what `body` throws.
  static func forEachBatch(
    atMost limit: Int, from input: FileHandle = .standardInput,
    _ body: @escaping ([String]) throws -> Void
  ) throws {
    let isTerminal = isatty(input.fileDescriptor) == 1
    var batch = LineBatch(limit: limit, body)
    while let chunk = try next(input) {
      try batch.add(chunk)
      if isTerminal { try batch.flush() }
    }
    try batch.finish()
  }

  private static func next(_ input: FileHandle) throws -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(input.fileDescriptor, &buffer, buffer.count)
      if count > 0 { return Array(buffer[..<count]) }
      if count == 0 { return nil }
      if errno == EINTR { continue }
      throw FathomError(
        .unreadable, at: "standard input", "it cannot be read (\(String(cString: strerror(errno))))",
        mend: "give a file or a pipe, one text a line")
    }
  }
}

/// Lines that wait to be handed on, and the beginning of one whose end has not come.
struct LineBatch {
  private var pending: [UInt8] = []
  private var lines: [String] = []
  private var bytes = 0
  private var taken = 0
  private let limit: Int
  private let body: ([String]) throws -> Void

  init(limit: Int, _ body: @escaping ([String]) throws -> Void) {
    self.limit = limit
    self.body = body
  }

  /// Each byte is looked at once, however many chunks a line comes in.
  mutating func add(_ chunk: [UInt8]) throws {
    var start = chunk.startIndex
    while let end = chunk[start...].firstIndex(of: 10) {
      pending += chunk[start..<end]
      start = end + 1
      try take()
    }
    pending += chunk[start...]
    guard pending.count <= InputLines.bytesPerLine else {
      throw FathomError(
        .data, at: "standard input, line \(taken + 1)",
        "the line is longer than \(InputLines.bytesPerLine >> 20) MB", mend: "give one text a line")
    }
  }

  private mutating func take() throws {
    if pending.last == 13 { pending.removeLast() }
    guard let line = String(validating: pending, as: UTF8.self) else {
      throw FathomError(
        .data, at: "standard input, line \(taken + 1)", "it is not UTF-8",
        mend: "convert the text, with iconv say")
    }
    lines.append(line)
    bytes += pending.count
    taken += 1
    pending.removeAll(keepingCapacity: pending.capacity < 1 << 20)
    if lines.count == limit || bytes >= InputLines.bytesPerBatch { try flush() }
  }

  mutating func flush() throws {
    guard !lines.isEmpty else { return }
    let full = lines
    lines = []
    bytes = 0
    try body(full)
  }

  /// The last line may have no end.
  mutating func finish() throws {
    if !pending.isEmpty { try take() }
    try flush()
  }
}
