import Foundation

/// Byte strings in a temporary file, appended once and read back in any order: memory holds a place each, no
/// bytes.
///
/// The file has no name once it is open, so that nothing is left behind however the program ends.
public final class ByteSpool: @unchecked Sendable {
  private let file: AppendedFile
  private let lock = NSLock()
  private var ends: [Int] = []

  /// - Throws: `FathomError` when the temporary folder cannot be written to.
  public init() throws { file = AppendedFile(descriptor: try AppendedFile.temporaryDescriptor()) }

  public var count: Int { lock.withLock { ends.count } }

  /// - Returns: the number to read the bytes back with.
  @discardableResult
  public func append(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    try lock.withLock {
      try file.append(bytes)
      ends.append(file.count)
      return ends.count - 1
    }
  }

  /// Writes what still waits, so that a full disk is met here and not by a reader.
  public func finish() throws { try lock.withLock { try file.flush() } }

  /// Calls `body` with the bytes of an entry.
  /// - Precondition: `index` was returned by ``append(_:)``.
  public func read<R>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let bytes = try lock.withLock { () throws -> [UInt8] in
      let start = index == 0 ? 0 : ends[index - 1]
      guard let bytes = try file.read(start..<ends[index]) else {
        throw FathomError(
          .damaged, "the temporary copy of the data cannot be read back", mend: "check the disk")
      }
      return bytes
    }
    return try bytes.withUnsafeBytes(body)
  }
}
