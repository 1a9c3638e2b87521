import Foundation

/// A file that appears whole or not at all: written beside its place, synchronised, then renamed.
public enum AtomicFile {
  /// - Throws: ``FathomError``, one sentence that names the file.
  public static func write(_ data: Data, to url: URL) throws {
    try write(url) { try $0.write(contentsOf: data) }
  }

  /// - Throws: ``FathomError``, one sentence that names the file; errors of `body` that are one already pass
  ///   through.
  public static func write(_ url: URL, _ body: (FileHandle) throws -> Void) throws {
    let folder = url.deletingLastPathComponent()
    let temporary = folder.appendingPathComponent(".\(url.lastPathComponent).\(UUID().uuidString.prefix(8))")
    let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw fault(url, errno) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try body(handle)
      try handle.synchronize()
      try handle.close()
      guard rename(temporary.path, url.path) == 0 else { throw fault(url, errno) }
    } catch {
      try? handle.close()
      unlink(temporary.path)
      throw (error as? FathomError) ?? fault(url, error)
    }
  }

  /// What a failed write to `url` is called.
  package static func fault(_ url: URL, _ error: any Error) -> FathomError {
    if let fault = error as? FathomError { return fault }
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    return fault(url, cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : code(cause))
  }

  package static func fault(_ url: URL, _ number: Int32) -> FathomError {
    switch number {
    case ENOSPC, EDQUOT, EFBIG:
      return FathomError(
        .diskFull, at: url.path, "could not be written, the disk is full",
        mend: "free some space and run again")
    case EACCES, EPERM, EROFS:
      return FathomError(
        .unwritable, at: url.path, "may not be written", mend: "check the folder's permissions")
    case ENOENT, ENOTDIR:
      return FathomError(.unwritable, at: url.path, "cannot be written", mend: "there is no such folder")
    default:
      return FathomError(
        .unwritable, at: url.path, "could not be written (\(String(cString: strerror(number))))",
        mend: "check the folder and the disk")
    }
  }

  /// Foundation's own codes for what the system says.
  private static func code(_ error: NSError) -> Int32 {
    switch CocoaError.Code(rawValue: error.code) {
    case .fileWriteOutOfSpace: ENOSPC
    case .fileWriteNoPermission, .fileWriteVolumeReadOnly: EACCES
    case .fileNoSuchFile: ENOENT
    default: EIO
    }
  }
}
