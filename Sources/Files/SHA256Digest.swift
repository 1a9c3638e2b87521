import Crypto
import Foundation

extension Data {
  /// SHA-256, as 64 hexadecimal digits.
  public var sha256: String { SHA256.hash(data: self).hexadecimal }
}

/// Digests of files.
public enum FileDigest {
  /// The file is read a piece at a time, so that memory does not grow with it; once in a process, and again
  /// when it is another one or has changed.
  /// - Returns: 64 hexadecimal digits.
  /// - Throws: ``FathomError`` when the file cannot be read.
  public static func sha256(of file: URL) throws -> String {
    try DigestCache.shared.digest(of: file) { try digest($0, SHA256()) }
  }

  /// MD5, for files of which nothing better was published.
  static func md5(of file: URL) throws -> String { try digest(file, Insecure.MD5()) }

  /// SHA-1, for servers that name files by it.
  static func sha1(of file: URL) throws -> String { try digest(file, Insecure.SHA1()) }

  /// What git names a blob of this content.
  static func gitBlob(_ file: URL, size: Int) throws -> String {
    var hash = Insecure.SHA1()
    hash.update(data: Data("blob \(size)\0".utf8))
    return try digest(file, hash)
  }

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

/// Digests of the files that this process has read.
private final class DigestCache: @unchecked Sendable {
  static let shared = DigestCache()

  private struct Version: Hashable {
    let path: String
    /// Another file may take the name within one tick of the clock.
    let file: UInt64
    let size: Int
    let seconds: Int
    let nanoseconds: Int
  }

  private let lock = NSLock()
  private var known: [Version: String] = [:]

  func digest(of file: URL, _ read: (URL) throws -> String) throws -> String {
    guard let version = version(of: file) else { return try read(file) }
    if let digest = lock.withLock({ known[version] }) { return digest }
    let digest = try read(file)
    lock.withLock { known[version] = digest }
    return digest
  }

  private func version(of file: URL) -> Version? {
    var information = stat()
    guard stat(file.path, &information) == 0 else { return nil }
    #if canImport(Darwin)
      let changed = information.st_mtimespec
    #else
      let changed = information.st_mtim
    #endif
    return Version(
      path: file.standardizedFileURL.path, file: UInt64(information.st_ino), size: Int(information.st_size),
      seconds: changed.tv_sec, nanoseconds: changed.tv_nsec)
  }
}
