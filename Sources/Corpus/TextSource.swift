import Files
import Foundation

/// The bytes of a text file that is UTF-8, without its byte order mark.
struct TextSource {
  let file: MappedFile
  /// Where the text starts: after a byte order mark.
  let start: Int
  /// What ends a line: LF (also as the end of CR LF), or CR in files of old Macs.
  let lineBreak: UInt8

  /// - Throws: `FathomError` for a file that cannot be read, or that is UTF-16 or UTF-32.
  init(_ url: URL) throws {
    file = try MappedFile(url, mayBeEmpty: true)
    let bytes = file.bytes
    try TextSource.refuseUTF16(bytes, url.path)
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let newline = bytes.first(10, from: start)
    let isOfOldMac = bytes.first(13, from: start, to: newline).map { $0 + 1 != newline } ?? false
    lineBreak = isOfOldMac ? 13 : 10
  }

  var bytes: UnsafeRawBufferPointer { file.bytes }

  /// UTF-16 and UTF-32 start with a mark, or with a zero byte beside an ASCII character.
  static func refuseUTF16(_ bytes: UnsafeRawBufferPointer, _ path: String) throws {
    let head = [UInt8](bytes.prefix(2))
    guard head == [0xFF, 0xFE] || head == [0xFE, 0xFF] || head.count == 2 && head.contains(0) else { return }
    throw FathomError(.unsupported, at: path, "is UTF-16 or UTF-32", mend: "convert it to UTF-8")
  }

  static func notUTF8(_ place: String) -> FathomError {
    FathomError(.damaged, at: place, "not UTF-8", mend: "convert the file")
  }
}
