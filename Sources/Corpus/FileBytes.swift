import Foundation

extension UnsafeRawBufferPointer {
  /// Where a byte stands first from `start` on and before `end` (the end of the buffer for nil).
  func first(_ byte: UInt8, from start: Int, to end: Int? = nil) -> Int? {
    let size = (end ?? count) - start
    guard size > 0, let base = baseAddress, let found = memchr(base + start, Int32(byte), size) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }
}

/// The bytes of a file: mapped, so that a page is read when it is asked for, or in memory where it is no file that can be mapped.
final class FileBytes: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool
  private var released = 0

  /// nil where the file cannot be read.
  convenience init?(_ url: URL) {
    let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    if FileBytes.size(descriptor) > 0 {
      self.init(descriptor: descriptor)
    } else {
      self.init(try? Data(contentsOf: url))
    }
  }

  /// The descriptor may be closed afterwards; nil for an empty file and for what is none.
  init?(descriptor: Int32) {
    let size = FileBytes.size(descriptor)
    guard size > 0, let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { return nil }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
    isMapped = true
  }

  private init?(_ data: Data?) {
    guard let data else { return nil }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: data.count, alignment: 8)
    data.copyBytes(to: copy)
    bytes = UnsafeRawBufferPointer(copy)
    isMapped = false
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  /// Says that what lies before `offset` was read: its pages are no longer counted as memory of this process.
  func release(upTo offset: Int) {
    let step = 32 << 20
    guard isMapped, offset - released >= step else { return }
    let end = offset / step * step
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress! + released), end - released, MADV_DONTNEED)
    released = end
  }

  /// 0 for an empty file and for what is none.
  private static func size(_ descriptor: Int32) -> Int {
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return 0 }
    return Int(information.st_size)
  }
}
