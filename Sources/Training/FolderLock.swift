import Files
import Checkpoint
import Foundation

/// Keeps a second process from writing to the same folder; the system lets go when the process ends.
public final class FolderLock {
  private let descriptor: Int32

  /// - Throws: when another process holds it, or the folder cannot be written to.
  public init(_ folder: URL) throws {
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw CheckpointError("\(folder.path) cannot be made: choose another --out")
    }
    descriptor = open(folder.appendingPathComponent(".lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CheckpointError("\(folder.path) cannot be written to: choose another --out")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw CheckpointError(
        "\(folder.path) is in use by another fathom: wait for it, or choose another --out")
    }
  }

  deinit { close(descriptor) }
}
