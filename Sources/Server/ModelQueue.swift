import Foundation

/// Work on models, one piece at a time on a thread of its own: libtorch takes all cores for each.
///
/// What waits is bounded: beyond that a caller is refused at once instead of waiting for ever.
final class ModelQueue: @unchecked Sendable {
  private let queue = DispatchQueue(label: "fathom.models", qos: .userInitiated)
  private let lock = NSLock()
  private var waiting = 0
  private let limit: Int

  /// - Parameter limit: texts that may wait or run at once.
  init(limit: Int) { self.limit = limit }

  /// Texts that wait or run.
  var load: Int { lock.withLock { waiting } }

  /// Takes room for texts; the caller gives it back.
  /// - Throws: ``ServerFault`` 429 when there is none.
  func reserve(_ texts: Int) throws {
    try lock.withLock {
      guard waiting + texts <= limit || waiting == 0 else {
        throw ServerFault(.tooManyRequests, "the server is busy: try again in a second")
      }
      waiting += texts
    }
  }

  func release(_ texts: Int) { lock.withLock { waiting -= texts } }

  /// Starts work after all that was started before.
  func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

  /// Runs work that counts as so many texts.
  func run<R: Sendable>(texts: Int, _ body: @escaping @Sendable () throws -> R) async throws -> R {
    try reserve(texts)
    defer { release(texts) }
    return try await withCheckedThrowingContinuation { continuation in
      start { continuation.resume(with: Result(catching: body)) }
    }
  }
}
