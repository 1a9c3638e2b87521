import Foundation

/// Sections of bytes in one file, written once from end to end by a ``SectionWriter`` and mapped from then
/// on.
///
/// Layout, little-endian: the sections, each from a multiple of 8 on; offset, length and checksum of each;
/// their number, the checksum of this table, and the signature, 8 bytes each.
package final class SectionFile: @unchecked Sendable {
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
  private var knownDigests: [Int: [UInt8]] = [:]

  /// Takes the descriptor over; nil where the file is not one that was finished, or was changed since.
  package init?(descriptor: Int32) {
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
  package func release() { mapped.releaseAll() }

  /// What `make` works out from a section, once.
  package func digest(of section: Int, _ make: () -> [UInt8]) -> [UInt8] {
    lock.withLock {
      let digest = knownDigests[section] ?? make()
      knownDigests[section] = digest
      return digest
    }
  }

  package var sectionCount: Int { ranges.count }

  /// - Precondition: `index` lies below ``sectionCount``.
  package func section(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: mapped.bytes[ranges[index]])
  }

  /// Bytes of a section, without its pages becoming memory of this process; nil where the range leaves the
  /// section.
  package func read(_ index: Int, _ range: Range<Int>) -> [UInt8]? {
    let section = ranges[index]
    guard range.lowerBound >= 0, range.upperBound <= section.count else { return nil }
    return AppendedFile.read(descriptor, at: section.lowerBound + range.lowerBound, range.count)
  }

  /// In the temporary folder and without a name, so that nothing is left behind however the program ends.
  /// - Throws: `FathomError` when the folder cannot be written to.
  package static func temporary(_ body: (SectionWriter) throws -> Void) throws -> SectionFile {
    try write(to: AppendedFile.temporaryDescriptor(), body)
  }

  /// Takes the descriptor over.
  /// - Parameter full: what is thrown when the disk takes no more.
  package static func write(
    to descriptor: Int32, full: FathomError? = nil, _ body: (SectionWriter) throws -> Void
  ) throws -> SectionFile {
    let writer = SectionWriter(descriptor: descriptor, full: full ?? AppendedFile.temporaryFull)
    try body(writer)
    return try writer.finish()
  }
}

/// Writes a ``SectionFile``.
package final class SectionWriter {
  private let file: AppendedFile
  private let full: FathomError
  private var starts: [(offset: Int, length: Int)] = []

  /// - Parameter full: what is thrown when the disk takes no more.
  init(descriptor: Int32, full: FathomError) {
    self.full = full
    file = AppendedFile(descriptor: descriptor, full: full)
  }

  /// Of a file without a name in the temporary folder.
  /// - Throws: `FathomError` when the folder cannot be written to.
  package convenience init() throws {
    self.init(descriptor: try AppendedFile.temporaryDescriptor(), full: AppendedFile.temporaryFull)
  }

  /// Bytes of the section at hand.
  package var length: Int { file.count - starts[starts.count - 1].offset }

  package func startSection() throws {
    try endSection()
    starts.append((file.count, 0))
  }

  package func append(_ bytes: UnsafeRawBufferPointer) throws { try file.append(bytes) }

  package func appendSection(_ bytes: some ContiguousBytes) throws {
    try startSection()
    try bytes.withUnsafeBytes(append)
  }

  package func finish() throws -> SectionFile {
    try endSection()
    try file.flush()
    guard let tail = SectionFile.tail(file.descriptor, starts) else { throw full }
    try tail.withUnsafeBytes(append)
    try file.flush()
    guard let finished = SectionFile(descriptor: dup(file.descriptor)) else { throw full }
    return finished
  }

  private func endSection() throws {
    if starts.isEmpty { return }
    starts[starts.count - 1].length = length
    let padding = [UInt8](repeating: 0, count: (8 - file.count % 8) % 8)
    try padding.withUnsafeBytes(append)
  }
}
