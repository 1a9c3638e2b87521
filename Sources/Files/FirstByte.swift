import Foundation

extension UnsafeRawBufferPointer {
  /// Where a byte stands first from `start` on and before `end` (the end of the buffer for nil).
  package func first(_ byte: UInt8, from start: Int, to end: Int? = nil) -> Int? {
    let size = (end ?? count) - start
    guard size > 0, let base = baseAddress, let found = memchr(base + start, Int32(byte), size) else {
      return nil
    }
    return UnsafeRawPointer(found) - base
  }
}
