import Foundation

/// A file that appears whole or not at all: written beside its place, synchronised, then renamed.
///
/// Of a link the target is written and the link stays; a device or a pipe is written to as it is.
public enum AtomicFile {
  /// - Throws: ``FathomError``, one sentence that names the file.
  public static func write(_ data: Data, to url: URL) throws {
    try write(url) { try $0.write(contentsOf: data) }
  }

  /// - Throws: ``FathomError``, one sentence that names the file; errors of `body` that are one already pass
  ///   through.
  public static func write(_ url: URL, _ body: (FileHandle) throws -> Void) throws {
    do {
      switch try WrittenPlace(url) {
      case .file(let path, let existing): try replace(path, existing, body)
      case .stream(let descriptor): try write(through: descriptor, body)
      }
    } catch { throw fault(url, error) }
  }

  private static func replace(
    _ path: String, _ existing: stat?, _ body: (FileHandle) throws -> Void
  ) throws {
    let file = URL(fileURLWithPath: path)
    let name = ".\(file.lastPathComponent).\(UUID().uuidString.prefix(8))"
    let temporary = file.deletingLastPathComponent().appendingPathComponent(name).path
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw POSIXFault(number: errno) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      if let existing {
        // Who owns it is kept where the system lets us.
        if fchown(descriptor, existing.st_uid, existing.st_gid) != 0 { errno = 0 }
        guard fchmod(descriptor, existing.st_mode & 0o7777) == 0 else { throw POSIXFault(number: errno) }
      }
      try body(handle)
      try handle.synchronize()
      try handle.close()
      guard rename(temporary, path) == 0 else { throw POSIXFault(number: errno) }
    } catch {
      try? handle.close()
      unlink(temporary)
      throw error
    }
  }

  private static func write(through descriptor: Int32, _ body: (FileHandle) throws -> Void) throws {
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try body(handle)
    // Most devices and pipes have nothing to synchronise, which is no fault.
    if fsync(descriptor) != 0, [EIO, ENOSPC, EDQUOT].contains(errno) { throw POSIXFault(number: errno) }
    try handle.close()
  }

  /// What a failed write to `url` is called.
  package static func fault(_ url: URL, _ error: any Error) -> FathomError {
    if let fault = error as? FathomError { return fault }
    if let error = error as? POSIXFault { return fault(url, error.number) }
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
    case EISDIR:
      return FathomError(.unwritable, at: url.path, "is a folder", mend: "name a file")
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
