import Files
import Foundation

extension Checkpoint {
  /// SHA-256 of the weights' files in the order of their names, as 64 hexadecimal digits: what identifies the
  /// model in a run.
  ///
  /// A file is read once in a process, and again when it is another one or has changed.
  /// - Throws: `FathomError` when a file cannot be read.
  public var digest: String {
    get throws {
      let parts = try files.map { try FileDigest.sha256(of: $0) }
      return parts.count == 1 ? parts[0] : Data(parts.joined(separator: "\n").utf8).sha256
    }
  }
}
