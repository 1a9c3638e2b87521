import Foundation

/// The bytes of a file, mapped read-only: a page is read when it is asked for. What cannot be mapped (a pipe,
/// an empty file) is read into memory.
public final class MappedFile: @unchecked Sendable {
  public let url: URL
  public let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool
  private var released = 0

  /// - Parameter mayBeEmpty: whether a file of no bytes is one of this kind.
  /// - Throws: ``FathomError`` when the file does not exist, cannot be read, or is empty.
  public init(_ url: URL, mayBeEmpty: Bool = false) throws {
    self.url = url
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MappedFile.unreadable(url) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { throw MappedFile.unreadable(url) }
    guard information.st_mode & S_IFMT != S_IFDIR else {
      throw FathomError(.unreadable, at: url.path, "is a folder", mend: "name a file")
    }
    // A review of a kilobyte, of 25,000, is copied in less time than its page is mapped.
    let isSmall = information.st_mode & S_IFMT == S_IFREG && information.st_size < 65_536
    if isSmall {
      guard let copy = MappedFile.read(descriptor, Int(information.st_size)) else {
        throw MappedFile.unreadable(url)
      }
      (bytes, isMapped) = (copy, false)
    } else if let mapped = MappedFile.map(descriptor, information) {
      (bytes, isMapped) = (mapped, true)
    } else {
      guard let copy = MappedFile.copy(descriptor) else { throw MappedFile.unreadable(url) }
      (bytes, isMapped) = (copy, false)
    }
    guard mayBeEmpty || !bytes.isEmpty else {
      throw FathomError(.damaged, at: url.path, "is empty", mend: "bring the file again")
    }
  }

  /// The descriptor may be closed afterwards; nil for an empty file and for what is none.
  package init?(descriptor: Int32, url: URL) {
    var information = stat()
    guard fstat(descriptor, &information) == 0, let mapped = MappedFile.map(descriptor, information) else {
      return nil
    }
    self.url = url
    (bytes, isMapped) = (mapped, true)
  }

  /// What `body` appends, in the temporary folder and without a name.
  /// - Parameter url: the file that it is made from.
  /// - Throws: ``FathomError`` when the folder has no room; what `body` throws.
  package convenience init(
    spooled url: URL, _ body: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    let spool = AppendedFile(descriptor: try AppendedFile.temporaryDescriptor())
    try body(spool.append)
    try spool.flush()
    if spool.count == 0 {
      self.init(empty: url)
    } else {
      self.init(descriptor: spool.descriptor, url: url)!
    }
  }

  private init(empty url: URL) {
    self.url = url
    bytes = UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 8))
    isMapped = false
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  public var count: Int { bytes.count }

  /// A little-endian number, or nil past the end of the file.
  package func number<T: FixedWidthInteger>(at offset: Int, as _: T.Type) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// The bytes of a range, or nil when it leaves the file.
  package func slice(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
  }

  /// Says that what lies before `offset` was read: its pages are no longer counted as memory of this process.
  package func release(upTo offset: Int) {
    let step = 32 << 20
    guard isMapped, offset - released >= step else { return }
    let end = offset / step * step
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress! + released), end - released, MADV_DONTNEED)
    released = end
  }

  /// All pages go back to the system; they are read again when they are asked for.
  package func releaseAll() {
    guard isMapped else { return }
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count, MADV_DONTNEED)
  }

  /// nil for an empty file and for what is none.
  private static func map(_ descriptor: Int32, _ information: stat) -> UnsafeRawBufferPointer? {
    let size = Int(information.st_size)
    guard information.st_mode & S_IFMT == S_IFREG, size > 0,
      let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { return nil }
    return UnsafeRawBufferPointer(start: start, count: size)
  }

  /// So many bytes, or fewer where the file ends before.
  private static func read(_ descriptor: Int32, _ size: Int) -> UnsafeRawBufferPointer? {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    var count = 0
    while count < size {
      let got = pread(descriptor, copy.baseAddress! + count, size - count, off_t(count))
      if got < 0, errno == EINTR { continue }
      if got < 0 {
        copy.deallocate()
        return nil
      }
      if got == 0 { break }
      count += got
    }
    return UnsafeRawBufferPointer(start: copy.baseAddress, count: count)
  }

  private static func copy(_ descriptor: Int32) -> UnsafeRawBufferPointer? {
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    guard let data = try? handle.readToEnd() ?? Data() else { return nil }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 8)
    data.copyBytes(to: copy)
    return UnsafeRawBufferPointer(copy)
  }

  private static func unreadable(_ url: URL) -> FathomError {
    let reason = String(cString: strerror(errno))
    if errno == ENOENT {
      return FathomError(.notFound, at: url.path, "does not exist", mend: "check the path")
    }
    return FathomError(.unreadable, at: url.path, "cannot be read (\(reason))", mend: "check its permissions")
  }
}
