import Files
import Foundation

/// Texts end to end in one section of a file, and a record of each in another.
struct TextFile: Sendable {
  /// 24 bytes, little-endian
  struct Record {
    /// Where the text ends, which is where the next one starts
    var end: UInt64
    var hash: UInt64
    /// Class
    var target: Int32
    /// Line or row in its source, from 1; 0 for none
    var number: Int32 = 0

    static let size = 24
    static let targetOffset = 16

    func write(to writer: SectionWriter) throws {
      try withUnsafeTemporaryAllocation(byteCount: Record.size, alignment: 8) { bytes in
        bytes.storeBytes(of: end.littleEndian, as: UInt64.self)
        bytes.storeBytes(of: hash.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: target.littleEndian, toByteOffset: Record.targetOffset, as: Int32.self)
        bytes.storeBytes(of: number.littleEndian, toByteOffset: 20, as: Int32.self)
        try writer.append(UnsafeRawBufferPointer(bytes))
      }
    }
  }

  static var damaged: FathomError {
    FathomError(
      .damaged, "Fathom's copy of the data is damaged",
      mend: "remove its cache (\(DataCache.standard.folder.path)) and check the disk")
  }

  private let file: SectionFile
  private let texts: Int
  private let records: Int

  /// - Parameters: the numbers of the sections.
  init(_ file: SectionFile, texts: Int, records: Int) {
    (self.file, self.texts, self.records) = (file, texts, records)
  }

  var count: Int { file.section(records).count / Record.size }

  func record(_ row: Int) -> Record {
    precondition(row >= 0 && row < count, "row \(row) of \(count)")
    let bytes = file.section(records), place = row * Record.size
    return Record(
      end: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)),
      hash: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self)),
      target: Int32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: place + Record.targetOffset, as: Int32.self)),
      number: Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 20, as: Int32.self)))
  }

  /// - Parameter classes: the number that each of the file's classes has elsewhere; nil where they are the
  ///   same.
  func targets(_ classes: [Int]?) -> IntList {
    IntList(file, section: records, offset: Record.targetOffset, stride: Record.size, table: classes)
  }

  /// - Throws: `FathomError` when the file is damaged.
  func text(_ row: Int) throws -> String {
    let start = row == 0 ? 0 : record(row - 1).end, end = record(row).end
    guard start <= end, end <= UInt64(file.section(texts).count),
      let bytes = file.read(texts, Int(start)..<Int(end))
    else {
      throw TextFile.damaged
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard TextList.hash(text) == record(row).hash else { throw TextFile.damaged }
    return text
  }

  /// SHA-256 of what ``TextDigest`` says, worked out once.
  var digest: [UInt8] {
    file.digest(of: texts) {
      var digest = TextDigest()
      let bytes = file.section(texts)
      for start in stride(from: 0, to: bytes.count, by: 32 << 20) {
        digest.add(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + (32 << 20), bytes.count)]))
        file.release()
      }
      for row in 0..<count { digest.end(at: record(row).end) }
      return digest.finish()
    }
  }
}
