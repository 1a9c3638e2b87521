import Foundation

/// Files that are there whole or not at all: written beside their name, flushed to the disk, then renamed.
public enum AtomicFile {
  /// - Throws: ``FathomError`` naming the file: `.diskFull` or `.unwritable`; what `body` throws as a ``FathomError`` comes
  ///   through.
  public static func write(_ url: URL, _ body: (FileHandle) throws -> Void) throws {
    let temporary = url.deletingLastPathComponent()
      .appendingPathComponent(".\(url.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier)")
    guard FileManager.default.createFile(atPath: temporary.path, contents: nil),
      let handle = FileHandle(forWritingAtPath: temporary.path)
    else {
      throw FathomError(
        .unwritable, at: url.path, "the file cannot be written",
        mend: "check that its folder exists, its permissions and the free space")
    }
    do {
      try body(handle)
      try handle.synchronize()
      try handle.close()
      guard rename(temporary.path, url.path) == 0 else { throw fault(url, errno) }
    } catch {
      let number = errno
      try? handle.close()
      unlink(temporary.path)
      throw error as? FathomError ?? fault(url, (error as NSError).posixCode ?? number)
    }
  }

  public static func write(_ data: Data, to url: URL) throws {
    try write(url) { try $0.write(contentsOf: data) }
  }

  private static func fault(_ url: URL, _ code: Int32) -> FathomError {
    if code == ENOSPC || code == EDQUOT {
      return FathomError(.diskFull, at: url.path, "the disk is full", mend: "free some space and run again")
    }
    return FathomError(
      .unwritable, at: url.path, "the file could not be written (\(String(cString: strerror(code))))",
      mend: "check the disk and its permissions, and run again")
  }
}

extension NSError {
  fileprivate var posixCode: Int32? {
    if domain == NSPOSIXErrorDomain { return Int32(code) }
    if let inner = userInfo[NSUnderlyingErrorKey] as? NSError { return inner.posixCode }
    return code == CocoaError.fileWriteOutOfSpace.rawValue ? ENOSPC : nil
  }
}
