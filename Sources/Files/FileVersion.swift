import Foundation

/// Which version of a file at a server a partial one is of, kept beside it as the server named it.
/// - Source: RFC 9110, 8.8 and 13.1.5.
struct FileVersion {
  private let file: URL

  init(beside partial: URL) { file = partial.appendingPathExtension("version") }

  /// What `If-Range` takes; nil where no server ever named a version.
  var known: String? {
    guard let text = try? String(contentsOf: file, encoding: .utf8), FileVersion.isHeader(text) else {
      return nil
    }
    return text
  }

  /// Notes the version that is being received. Where that cannot be written, a next try goes on unasked.
  func note(_ answer: WebRequest.Answer) {
    forget()
    guard let name = FileVersion.name(answer) else { return }
    try? AtomicFile.write(Data(name.utf8), to: file)
  }

  func forget() { unlink(file.path) }

  /// Whether a part may be of this version: a server may not know `If-Range`.
  static func may(_ answer: WebRequest.Answer, be known: String) -> Bool {
    let named = known.hasPrefix("\"") ? answer["ETag"] : answer["Last-Modified"]
    return named == nil || named == known
  }

  /// A weak ETag does not promise the same bytes.
  private static func name(_ answer: WebRequest.Answer) -> String? {
    if let tag = answer["ETag"], tag.hasPrefix("\""), isHeader(tag) { return tag }
    return answer["Last-Modified"].flatMap { isHeader($0) ? $0 : nil }
  }

  private static func isHeader(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 500 && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
  }
}

extension WebRequest.Answer {
  /// Bytes of the whole file, where an answer to a range says it: `bytes */1234`.
  var wholeLength: Int? {
    self["Content-Range"].flatMap { $0.split(separator: "/").last }.flatMap { Int($0) }
  }
}
