import Foundation

/// What a path that is to be written leads to.
enum WrittenPlace {
  /// A regular file, or none yet.
  case file(path: String, existing: stat?)
  /// An open descriptor of a device, a pipe or a stream of this process: nothing there may be replaced.
  case stream(Int32)

  /// Follows links up to the file itself, which need not exist.
  /// - Throws: ``POSIXFault`` for a folder, a circle of links, and what cannot be opened.
  init(_ url: URL) throws {
    var path = url.path
    for _ in 0..<40 {
      // A stream's own place in its file is kept: what was printed before stays.
      if let stream = WrittenPlace.stream(path) {
        let copy = dup(stream)
        guard copy >= 0 else { throw POSIXFault(number: errno) }
        self = .stream(copy)
        return
      }
      var found = stat()
      guard lstat(path, &found) == 0 else {
        self = .file(path: path, existing: nil)
        return
      }
      switch found.st_mode & S_IFMT {
      case S_IFLNK:
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: path)
        let folder = (path as NSString).deletingLastPathComponent as NSString
        path = target.hasPrefix("/") ? target : folder.appendingPathComponent(target)
      case S_IFREG:
        self = .file(path: path, existing: found)
        return
      case S_IFDIR: throw POSIXFault(number: EISDIR)
      default:
        let descriptor = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXFault(number: errno) }
        self = .stream(descriptor)
        return
      }
    }
    throw POSIXFault(number: ELOOP)
  }

  /// The number of a stream that a path such as `/dev/stdout` or `/dev/fd/3` names.
  private static func stream(_ path: String) -> Int32? {
    let name = (path as NSString).lastPathComponent
    guard let number = Int32(name), number >= 0 else { return nil }
    let folder = (path as NSString).deletingLastPathComponent
    guard let folder = realpath(folder) else { return nil }
    return ["/dev/fd", "/proc/self/fd"].contains { realpath($0) == folder } ? number : nil
  }

  private static func realpath(_ path: String) -> String? {
    guard let resolved = Foundation.realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}

/// A number that the system gave.
struct POSIXFault: Error {
  let number: Int32
}
