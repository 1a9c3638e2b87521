import Files
import Foundation

/// The bytes of a text file as UTF-8, without its byte order mark.
struct TextSource {
  let file: MappedFile
  /// Where the text starts: after a byte order mark.
  let start: Int
  /// What ends a line: LF (also as the end of CR LF), or CR in files of old Macs.
  let lineBreak: UInt8

  /// - Throws: `FathomError` for a file that cannot be read, or whose encoding is none of those.
  init(_ url: URL, encoding: CorpusReader.Encoding? = nil) throws {
    try self.init(DataFile.open(url), path: DataFile.name(url), encoding: encoding)
  }

  /// - Parameter encoding: nil for UTF-8, or UTF-16 where its mark is there.
  init(_ original: MappedFile, path: String, encoding: CorpusReader.Encoding?) throws {
    file = try TextSource.asUTF8(original, path, encoding)
    let bytes = file.bytes
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    let newline = bytes.first(10, from: start)
    let isOfOldMac = bytes.first(13, from: start, to: newline).map { $0 + 1 != newline } ?? false
    lineBreak = isOfOldMac ? 13 : 10
  }

  var bytes: UnsafeRawBufferPointer { file.bytes }

  private static func asUTF8(
    _ file: MappedFile, _ path: String, _ encoding: CorpusReader.Encoding?
  ) throws -> MappedFile {
    let head = [UInt8](file.bytes.prefix(4))
    let isMarked = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF])
    let isUTF32 = head == [0xFF, 0xFE, 0, 0] || head == [0, 0, 0xFE, 0xFF] || head.starts(with: [0, 0, 0])
    switch encoding {
    case .latin1: return try Transcoding.latin1(file)
    case .utf16 where !isUTF32: return try Transcoding.utf16(file, path)
    case nil where isMarked && !isUTF32: return try Transcoding.utf16(file, path)
    case .utf8, .utf16, nil:
      // UTF-16 and UTF-32 without a mark have a zero byte beside an ASCII character.
      guard isUTF32 || isMarked || head.prefix(2).count == 2 && head.prefix(2).contains(0) else {
        return file
      }
      throw FathomError(
        .unsupported, at: path, isUTF32 ? "is UTF-32" : "is UTF-16 or UTF-32",
        mend: isUTF32 ? "convert it to UTF-8" : "say so with \(.encoding), or convert it to UTF-8")
    }
  }

  static func notUTF8(_ place: String) -> FathomError {
    FathomError(.damaged, at: place, "not UTF-8", mend: "convert the file, or name its \(.encoding)")
  }
}

/// Text in other encodings, as UTF-8 in the temporary folder.
private enum Transcoding {
  private static let chunk = 1 << 18

  static func latin1(_ file: MappedFile) throws -> MappedFile {
    try MappedFile(spooled: file.url) { append in
      var output: [UInt8] = []
      output.reserveCapacity(2 * chunk)
      for start in stride(from: 0, to: file.count, by: chunk) {
        output.removeAll(keepingCapacity: true)
        for byte in file.bytes[start..<min(start + chunk, file.count)] {
          if byte < 0x80 {
            output.append(byte)
          } else {
            output.append(0xC0 | byte >> 6)
            output.append(0x80 | byte & 0x3F)
          }
        }
        try output.withUnsafeBytes(append)
        file.release(upTo: start)
      }
    }
  }

  /// Without a mark, the end where the zero bytes of ASCII stand tells the order of the bytes.
  static func utf16(_ file: MappedFile, _ path: String) throws -> MappedFile {
    let bytes = file.bytes
    guard bytes.count % 2 == 0 else {
      throw FathomError(
        .damaged, at: path, "ends within a character of UTF-16",
        mend: "bring the file again, or check \(.encoding)")
    }
    let head = [UInt8](bytes.prefix(2))
    let isBigEndian = head == [0xFE, 0xFF] || head != [0xFF, 0xFE] && head.first == 0
    let isMarked = head == [0xFE, 0xFF] || head == [0xFF, 0xFE]
    return try MappedFile(spooled: file.url) { append in
      var output: [UInt8] = []
      output.reserveCapacity(2 * chunk)
      var high: UInt32?
      for offset in stride(from: isMarked ? 2 : 0, to: bytes.count, by: 2) {
        let (a, b) = (UInt32(bytes[offset]), UInt32(bytes[offset + 1]))
        var scalar = isBigEndian ? a << 8 | b : b << 8 | a
        if let first = high {
          guard (0xDC00..<0xE000).contains(scalar) else { throw half(path, offset) }
          scalar = 0x10000 + (first - 0xD800) << 10 + (scalar - 0xDC00)
          high = nil
        } else if (0xD800..<0xDC00).contains(scalar) {
          high = scalar
          continue
        }
        guard let scalar = Unicode.Scalar(scalar) else { throw half(path, offset) }
        output.append(contentsOf: UTF8.encode(scalar)!)
        if output.count >= chunk {
          try output.withUnsafeBytes(append)
          output.removeAll(keepingCapacity: true)
          file.release(upTo: offset)
        }
      }
      if high != nil { throw half(path, bytes.count) }
      try output.withUnsafeBytes(append)
    }
  }

  private static func half(_ path: String, _ offset: Int) -> FathomError {
    FathomError(
      .damaged, at: path, "byte \(offset) is half of a surrogate pair of UTF-16, which is no character",
      mend: "check \(.encoding)")
  }
}
