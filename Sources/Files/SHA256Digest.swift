import Crypto
import Foundation

extension Data {
  /// SHA-256, as 64 hexadecimal digits.
  public var sha256: String { SHA256.hash(data: self).hexadecimal }
}

/// SHA-256 of files.
public enum FileDigest {
  /// The file is read a piece at a time: memory does not grow with it.
  /// - Returns: 64 hexadecimal digits.
  /// - Throws: ``FathomError`` when the file cannot be read.
  public static func sha256(of file: URL) throws -> String {
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      var hash = SHA256()
      while let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
      return hash.finalize().hexadecimal
    } catch {
      throw FathomError(.unreadable, at: file.path, "the file cannot be read", mend: "check its permissions")
    }
  }
}

extension Digest {
  fileprivate var hexadecimal: String { map { String(format: "%02x", $0) }.joined() }
}
