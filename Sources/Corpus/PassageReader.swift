import Crypto
import Files
import Foundation

/// The passages of an unlabelled text file, one a line and one at a time; a long line is cut between words
/// into several, so that nothing of it is lost. Blank lines are skipped.
public struct PassageReader {
  public struct Passage: Sendable, Equatable {
    public let text: String
    /// From 1
    public let line: Int
  }

  private let source: TextSource
  private let path: String
  private let longest: Int
  private var position: Int
  private var lineEnd: Int
  private var line = 0

  /// - Parameter longest: bytes of a passage at most.
  /// - Throws: `FathomError` for a file that cannot be read, or is UTF-16.
  public init(_ url: URL, longest: Int = 8192) throws {
    precondition(longest >= 8, "\(longest) bytes hold no passage")
    source = try TextSource(url)
    path = url.path
    self.longest = longest
    position = source.start
    lineEnd = source.start
  }

  /// - Returns: nil after the last.
  /// - Throws: `FathomError` naming the line that is not UTF-8.
  public mutating func next() throws -> Passage? {
    let bytes = source.bytes
    while position < bytes.count {
      if position >= lineEnd {
        lineEnd = bytes.first(source.lineBreak, from: position) ?? bytes.count
        line += 1
      }
      let start = position
      let end = passageEnd(from: start)
      position = end == lineEnd ? end + 1 : end
      if position > lineEnd { lineEnd = position }
      guard let text = String(validating: bytes[start..<end], as: UTF8.self) else {
        throw TextSource.notUTF8("\(path), line \(line)")
      }
      source.file.release(upTo: start)
      let passage = text.trimmingCharacters(in: .whitespacesAndNewlines)
      if !passage.isEmpty { return Passage(text: passage, line: line) }
    }
    return nil
  }

  /// What is left, in memory.
  public consuming func all() throws -> [Passage] {
    var passages: [Passage] = []
    while let passage = try next() { passages.append(passage) }
    return passages
  }

  /// SHA-256 of the file's bytes, as 64 hexadecimal digits.
  public var digest: String {
    SHA256.hash(data: source.bytes).map { String(format: "%02x", $0) }.joined()
  }

  /// The end of the line, or the last blank that the passage has room for; inside a longer word, between two
  /// characters.
  private func passageEnd(from start: Int) -> Int {
    let limit = start + longest
    if limit >= lineEnd { return lineEnd }
    let bytes = source.bytes
    if let blank = (start..<limit).last(where: { bytes[$0] == 0x20 || bytes[$0] == 0x09 }), blank > start {
      return blank
    }
    return (start + 1...limit).last { bytes[$0] & 0xC0 != 0x80 } ?? limit
  }
}
