import Foundation

/// A folder that one process writes a run to: locked against others, and claimed by the rules that every
/// command shares.
public final class RunFolder {
  public let url: URL
  private let descriptor: Int32
  private let overwrites: Bool

  /// What is left of a run that ended, and of one that was stopped.
  private static let finished = ["run.json", "predictions.json"]
  private static let state = "training-state.safetensors"

  /// Locks the folder; the system lets go when the process ends.
  /// - Throws: ``FathomError`` when another process holds it, or the folder cannot be written to.
  public init(_ url: URL) throws {
    self.url = url
    overwrites = false
    descriptor = try RunFolder.lock(url)
  }

  /// Locks the folder for a new run, or for one that goes on. Nothing is removed before ``clear()``.
  /// - Throws: ``FathomError`` when the folder holds a run and neither `resume` nor `overwrite` says what to
  ///   do with it.
  public init(_ url: URL, resume: Bool, overwrite: Bool) throws {
    self.url = url
    overwrites = overwrite
    descriptor = try RunFolder.lock(url)
    if overwrite { return }
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: url.appendingPathComponent(name).path)
    }
    if has("run.json") {
      throw FathomError(
        .exists, at: url.path, "the folder holds a finished run",
        mend: "choose another \(.out), or give \(.overwrite)")
    }
    if has(RunFolder.state), !resume {
      throw FathomError(
        .exists, at: url.path, "the folder holds a stopped run",
        mend: "give \(.resume) to go on, or \(.overwrite) to start again")
    }
    if !has(RunFolder.state), has("config.json") {
      throw FathomError(
        .exists, at: url.path, "the folder holds a model",
        mend: "choose another \(.out), or give \(.overwrite)")
    }
  }

  deinit { close(descriptor) }

  /// Removes what an earlier run left, where that was asked for. Called when everything that the new one
  /// needs was read: a slip in an option must not cost a finished run.
  public func clear() {
    if !overwrites { return }
    for name in RunFolder.finished + [RunFolder.state] {
      try? FileManager.default.removeItem(at: url.appendingPathComponent(name))
    }
  }

  private static func lock(_ url: URL) throws -> Int32 {
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw FathomError(
        .unwritable, at: url.path, "the folder cannot be made", mend: "choose another \(.out)")
    }
    let descriptor = open(url.appendingPathComponent(".lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FathomError(
        .unwritable, at: url.path, "the folder cannot be written to", mend: "choose another \(.out)")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw FathomError(
        .inUse, at: url.path, "the folder is in use by another fathom",
        mend: "wait for it, or choose another \(.out)")
    }
    return descriptor
  }
}
