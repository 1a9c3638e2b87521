import Files
import Foundation

/// Byte strings in a temporary file, appended once and read back in any order: memory holds a place each, no
/// bytes.
///
/// The file has no name once it is open, so that nothing is left behind however the program ends.
public final class ByteSpool: @unchecked Sendable {
  private let descriptor: Int32
  private let lock = NSLock()
  private var ends: [UInt64] = []
  private var pending: [UInt8] = []
  private var written: UInt64 = 0
  private static let bufferSize = 1 << 20

  /// - Throws: `FathomError` when the temporary folder cannot be written to.
  public init() throws {
    descriptor = try SectionFile.temporaryDescriptor()
  }

  deinit { close(descriptor) }

  public var count: Int { lock.withLock { ends.count } }

  /// - Returns: the number to read the bytes back with.
  @discardableResult
  public func append(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    try lock.withLock {
      pending.append(contentsOf: bytes)
      ends.append(written + UInt64(pending.count))
      if pending.count >= ByteSpool.bufferSize { try flush() }
      return ends.count - 1
    }
  }

  /// Writes what still waits, so that a full disk is met here and not by a reader.
  public func finish() throws { try lock.withLock { try flush() } }

  /// Calls `body` with the bytes of an entry.
  /// - Precondition: `index` was returned by ``append(_:)``.
  public func read<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let bytes = try lock.withLock { () throws -> [UInt8] in
      let start = index == 0 ? 0 : ends[index - 1]
      if ends[index] > written { try flush() }
      guard let bytes = SectionFile.read(descriptor, at: Int(start), Int(ends[index] - start)) else {
        throw FathomError(
          .damaged, "the temporary copy of the data cannot be read back", mend: "check the disk")
      }
      return bytes
    }
    return try bytes.withUnsafeBytes(body)
  }

  private func flush() throws {
    guard pending.withUnsafeBytes({ SectionFile.write($0, to: descriptor, at: Int(written)) }) else {
      throw SectionFile.temporaryFull
    }
    written += UInt64(pending.count)
    pending.removeAll(keepingCapacity: true)
  }
}
