import Files
import Foundation

/// A file mapped into memory, read-only: nothing is copied until a tensor is loaded from it.
public final class MappedFile: @unchecked Sendable {
  public let url: URL
  public let bytes: UnsafeRawBufferPointer

  /// - Throws: ``CheckpointError`` when the file cannot be opened or is empty.
  public init(_ url: URL) throws {
    self.url = url
    let descriptor = open(url.path, O_RDONLY)
    guard descriptor >= 0 else {
      throw CheckpointError(
        "\(url.path) cannot be read (\(String(cString: strerror(errno)))): check the path")
    }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError("\(url.path) is not a file: name a checkpoint file")
    }
    let size = Int(information.st_size)
    guard size > 0 else { throw CheckpointError("\(url.path) is empty: download it again") }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw CheckpointError("\(url.path) cannot be mapped into memory (\(String(cString: strerror(errno))))")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count) }

  var count: Int { bytes.count }

  /// A little-endian number, or nil past the end of the file.
  func number<T: FixedWidthInteger>(at offset: Int, as _: T.Type) -> T? {
    guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// The bytes of a range, or nil when it leaves the file.
  func slice(_ offset: Int, _ length: Int) -> UnsafeRawBufferPointer? {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
  }
}
