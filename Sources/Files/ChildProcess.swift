import Foundation

/// Runs another program to its end.
public enum ChildProcess {
  /// Starts the process and waits for it.
  ///
  /// `Process.waitUntilExit` turns the thread's run loop, which never wakes on the threads of a concurrency
  /// pool on Linux; a termination handler works on any thread.
  /// - Throws: when the program cannot be started.
  public static func run(_ process: Process, beforeWaiting: () -> Void = {}) throws {
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    beforeWaiting()
    ended.wait()
  }
}
