import CArrow
import Files
import Foundation

/// A compressed file as the file that it was made from: in the temporary folder, without a name.
public enum Compressed: Sendable {
  case gzip, zstd

  /// By the first bytes of a file; nil for one that is not compressed.
  public init?(startOf bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else {
      return nil
    }
  }

  private var name: String { self == .gzip ? "gzip" : "zstd" }

  /// - Throws: `FathomError` for a file that is damaged, and when the temporary folder has no room.
  public func inflated(_ file: MappedFile) throws -> MappedFile {
    let path = file.url.path
    let code = Int32(self == .gzip ? CA_GZIP : CA_ZSTANDARD)
    guard let inflater = ca_inflate(file.bytes.baseAddress, Int64(file.count), code) else {
      throw ArrowFault.last(path, name)
    }
    defer { ca_release(inflater) }
    return try MappedFile(spooled: file.url) { spool in
      try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
        while true {
          let count = ca_read(inflater, buffer.baseAddress, Int64(buffer.count))
          if count == 0 { return }
          guard count > 0 else { throw ArrowFault.last(path, name) }
          try spool(UnsafeRawBufferPointer(rebasing: buffer[..<Int(count)]))
        }
      }
    }
  }
}
