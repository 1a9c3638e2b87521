import Files
import Foundation

/// Sections of bytes in one file, written once from end to end by a ``SectionWriter`` and mapped from then
/// on.
///
/// Layout, little-endian: the sections, each from a multiple of 8 on; offset, length and checksum of each;
/// their number, the checksum of this table, and the signature, 8 bytes each.
final class SectionFile: @unchecked Sendable {
  private static let signature: UInt64 = 0x326D_6F68_7461_46  // "Fathom2"
  private static let entrySize = 24
  private static let tailSize = 24
  /// Bytes of a section whose checksum is taken. A longer one would take time at every start: its texts are
  /// checked one by one when they are read.
  private static let longestChecked = 256 << 20
  private let descriptor: Int32
  private let mapped: MappedFile
  private let ranges: [Range<Int>]
  private let lock = NSLock()
  private var knownDigest: [UInt8]?

  /// Takes the descriptor over; nil where the file is not one that was finished, or was changed since.
  init?(descriptor: Int32) {
    guard let mapped = MappedFile(descriptor: descriptor, url: URL(fileURLWithPath: "")),
      let ranges = SectionFile.ranges(mapped)
    else {
      close(descriptor)
      return nil
    }
    (self.descriptor, self.mapped, self.ranges) = (descriptor, mapped, ranges)
  }

  deinit { close(descriptor) }

  private static func ranges(_ file: MappedFile) -> [Range<Int>]? {
    let bytes = file.bytes
    func number(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    let tail = bytes.count - tailSize
    guard tail >= 0, number(tail + 16) == signature, number(tail) <= UInt64(tail / entrySize) else {
      return nil
    }
    let count = Int(number(tail))
    let table = tail - entrySize * count
    guard number(tail + 8) == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[table..<tail + 8])) else {
      return nil
    }
    var ranges: [Range<Int>] = []
    for entry in stride(from: table, to: tail, by: entrySize) {
      let (offset, length) = (number(entry), number(entry + 8))
      guard offset <= UInt64(table), length <= UInt64(table) - offset else { return nil }
      let range = Int(offset)..<Int(offset + length)
      guard number(entry + 16) == checksum(bytes, range) else { return nil }
      ranges.append(range)
    }
    file.releaseAll()
    return ranges
  }

  private static func checksum(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64 {
    range.count > longestChecked ? 0 : Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// The table of a file whose sections were written to the descriptor, and what follows it; nil where they
  /// cannot be read back.
  static func tail(_ descriptor: Int32, _ sections: [(offset: Int, length: Int)]) -> [UInt64]? {
    let file = MappedFile(descriptor: descriptor, url: URL(fileURLWithPath: ""))
    var tail: [UInt64] = []
    for (offset, length) in sections {
      let range = offset..<offset + length
      let bytes = file?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
      guard range.upperBound <= bytes.count else { return nil }
      tail += [offset, length].map { UInt64($0).littleEndian } + [checksum(bytes, range).littleEndian]
    }
    tail.append(UInt64(sections.count).littleEndian)
    tail.append(tail.withUnsafeBytes(Checksum.of).littleEndian)
    return tail + [signature.littleEndian]
  }

  /// What the pages hold goes back to the system; they are read again when they are asked for.
  func release() { mapped.releaseAll() }

  /// What `make` works out from the file, once.
  func digest(_ make: () -> [UInt8]) -> [UInt8] {
    lock.withLock {
      let digest = knownDigest ?? make()
      knownDigest = digest
      return digest
    }
  }

  var sectionCount: Int { ranges.count }

  /// - Precondition: `index` lies below ``sectionCount``.
  func section(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: mapped.bytes[ranges[index]])
  }

  /// Bytes of a section, without its pages becoming memory of this process; nil where the range leaves the
  /// section.
  func read(_ index: Int, _ range: Range<Int>) -> [UInt8]? {
    let section = ranges[index]
    guard range.lowerBound >= 0, range.upperBound <= section.count else { return nil }
    return SectionFile.read(descriptor, at: section.lowerBound + range.lowerBound, range.count)
  }

  /// nil where the file ends before.
  static func read(_ descriptor: Int32, at offset: Int, _ size: Int) -> [UInt8]? {
    var isWhole = true
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      filled = 0
      while filled < size {
        let got = pread(descriptor, buffer.baseAddress! + filled, size - filled, off_t(offset + filled))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { return isWhole = false }
        filled += got
      }
    }
    return isWhole ? bytes : nil
  }

  /// False where the disk takes no more.
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) -> Bool {
    var done = 0
    while done < bytes.count {
      let put = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { return false }
      done += put
    }
    return true
  }

  /// In the temporary folder and without a name, so that nothing is left behind however the program ends.
  /// - Throws: `FathomError` when the folder cannot be written to.
  static func temporary(_ body: (SectionWriter) throws -> Void) throws -> SectionFile {
    try write(to: temporaryDescriptor(), body)
  }

  /// Takes the descriptor over.
  /// - Parameter full: what is thrown when the disk takes no more.
  static func write(
    to descriptor: Int32, full: FathomError = temporaryFull, _ body: (SectionWriter) throws -> Void
  ) throws -> SectionFile {
    let writer = SectionWriter(descriptor: descriptor, full: full)
    do {
      try body(writer)
      return try writer.finish()
    } catch {
      writer.abandon()
      throw error
    }
  }

  static func temporaryDescriptor() throws -> Int32 {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("fathom-\(UUID().uuidString)")
      .path
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw temporaryFull }
    unlink(path)
    return descriptor
  }

  static var temporaryFull: FathomError {
    FathomError(
      .diskFull, at: FileManager.default.temporaryDirectory.path, "cannot be written to",
      mend: "free some space, or name another folder in TMPDIR")
  }
}

/// Writes a ``SectionFile``.
final class SectionWriter {
  private let descriptor: Int32
  private let full: FathomError
  private var pending: [UInt8] = []
  private var written = 0
  private var starts: [(offset: Int, length: Int)] = []

  /// - Parameter full: what is thrown when the disk takes no more.
  init(descriptor: Int32, full: FathomError = SectionFile.temporaryFull) {
    (self.descriptor, self.full) = (descriptor, full)
    pending.reserveCapacity(1 << 20 + 1 << 16)
  }

  /// Bytes of the section at hand.
  var length: Int { written + pending.count - starts[starts.count - 1].offset }

  func startSection() throws {
    try endSection()
    starts.append((written + pending.count, 0))
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    pending.append(contentsOf: bytes)
    if pending.count >= 1 << 20 { try flush() }
  }

  func appendSection(_ bytes: some ContiguousBytes) throws {
    try startSection()
    try bytes.withUnsafeBytes(append)
  }

  /// Everything is on its way to the disk then; the file takes the descriptor over.
  func finish() throws -> SectionFile {
    try endSection()
    try flush()
    guard let tail = SectionFile.tail(descriptor, starts) else { throw full }
    try tail.withUnsafeBytes(append)
    try flush()
    guard let file = SectionFile(descriptor: dup(descriptor)) else { throw full }
    close(descriptor)
    return file
  }

  func abandon() { close(descriptor) }

  private func endSection() throws {
    if starts.isEmpty { return }
    starts[starts.count - 1].length = length
    pending.append(contentsOf: [UInt8](repeating: 0, count: (8 - (written + pending.count) % 8) % 8))
  }

  private func flush() throws {
    guard pending.withUnsafeBytes({ SectionFile.write($0, to: descriptor, at: written) }) else { throw full }
    written += pending.count
    pending.removeAll(keepingCapacity: true)
  }
}
