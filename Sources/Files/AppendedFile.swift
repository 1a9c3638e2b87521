import Foundation

/// Bytes appended to a file through a buffer, and read back from any place.
///
/// Not for several threads at once.
final class AppendedFile {
  let descriptor: Int32
  private let full: FathomError
  private var pending: [UInt8] = []
  private var written = 0
  private static let bufferSize = 1 << 20

  /// Takes the descriptor over.
  /// - Parameter full: what is thrown when the disk takes no more.
  init(descriptor: Int32, full: FathomError = temporaryFull) {
    (self.descriptor, self.full) = (descriptor, full)
    pending.reserveCapacity(AppendedFile.bufferSize + 1 << 16)
  }

  /// In the temporary folder and without a name, so that nothing is left behind however the program ends.
  /// - Throws: `FathomError` when the folder cannot be written to.
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

  deinit { close(descriptor) }

  /// Bytes so far
  var count: Int { written + pending.count }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    pending.append(contentsOf: bytes)
    if pending.count >= AppendedFile.bufferSize { try flush() }
  }

  /// Everything is on its way to the disk then.
  func flush() throws {
    guard pending.withUnsafeBytes(write) else { throw full }
    written += pending.count
    pending.removeAll(keepingCapacity: true)
  }

  /// nil where the file ends before.
  func read(_ range: Range<Int>) throws -> [UInt8]? {
    if range.upperBound > written { try flush() }
    return AppendedFile.read(descriptor, at: range.lowerBound, range.count)
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
  private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var done = 0
    while done < bytes.count {
      let put = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(written + done))
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { return false }
      done += put
    }
    return true
  }
}
