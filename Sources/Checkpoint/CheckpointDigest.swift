import Files
import Foundation

extension Checkpoint {
  /// SHA-256 of the weights' files in the order of their names, as 64 hexadecimal digits: what identifies the
  /// model in a run.
  ///
  /// A file is read once in a process, and again when it is another one or has changed.
  /// - Throws: ``FathomError`` when a file cannot be read.
  public var digest: String {
    get throws {
      let parts = try files.map { try DigestCache.shared.digest(of: $0) }
      return parts.count == 1 ? parts[0] : Data(parts.joined(separator: "\n").utf8).sha256
    }
  }
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

  func digest(of file: URL) throws -> String {
    guard let version = version(of: file) else { return try FileDigest.sha256(of: file) }
    if let digest = lock.withLock({ known[version] }) { return digest }
    let digest = try FileDigest.sha256(of: file)
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
