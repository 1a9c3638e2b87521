import Crypto
import Foundation

extension Data {
  /// SHA-256, as 64 hexadecimal digits.
  public var sha256: String { SHA256.hash(data: self).hexadecimal }
}

/// Digests of files.
public enum FileDigest {
  /// The file is read a piece at a time: memory does not grow with it.
  /// - Returns: 64 hexadecimal digits.
  /// - Throws: ``FathomError`` when the file cannot be read.
  public static func sha256(of file: URL) throws -> String { try digest(file, SHA256()) }

  /// MD5, for files of which nothing better was published.
  static func md5(of file: URL) throws -> String { try digest(file, Insecure.MD5()) }

  private static func digest(_ file: URL, _ start: some HashFunction) throws -> String {
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      var hash = start
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
