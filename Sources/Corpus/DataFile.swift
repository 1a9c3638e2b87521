import Files
import Foundation
import Tables

/// The bytes of a data file as its reader wants them: standard input and what was compressed lie in the
/// temporary folder then, so that memory does not grow with them.
enum DataFile {
  /// What stands for standard input.
  static let standardInput = URL(fileURLWithPath: "/dev/stdin")

  static func isStandardInput(_ url: URL) -> Bool { url.path == standardInput.path }

  /// As messages name it.
  static func name(_ url: URL) -> String { isStandardInput(url) ? "standard input" : url.path }

  /// - Throws: `FathomError` for a file that cannot be read, or whose compression is damaged.
  static func open(_ url: URL) throws -> MappedFile {
    let file = isStandardInput(url) ? try spooledInput() : try MappedFile(url, mayBeEmpty: true)
    return try Compressed(startOf: file.bytes)?.inflated(file) ?? file
  }

  /// The ending that says what is in it: that of `reviews.csv.gz` is `csv`.
  static func ending(_ url: URL) -> String {
    let ending = url.pathExtension.lowercased()
    return ["gz", "gzip", "zst", "zstd"].contains(ending)
      ? url.deletingPathExtension().pathExtension.lowercased() : ending
  }

  /// What a file without a name holds: JSON starts with a bracket, everything else is a table.
  static func guess(_ file: MappedFile) -> CorpusReader.Form {
    let first = file.bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF, 0xFF, 0xFE, 0].contains($0) }
    return first == 0x7B || first == 0x5B ? .json : .csv
  }

  private static func spooledInput() throws -> MappedFile {
    try MappedFile(spooled: standardInput) { append in
      try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
        while true {
          let count = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
          if count < 0, errno == EINTR { continue }
          guard count >= 0 else {
            throw FathomError(
              .unreadable, at: "standard input", "cannot be read (\(String(cString: strerror(errno))))",
              mend: "give a file or a pipe")
          }
          if count == 0 { return }
          try append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      }
    }
  }
}
