import Foundation
import Training

/// Ctrl-C and SIGTERM: the first asks the work to save and stop, a second one ends the process.
enum Interrupts {
  nonisolated(unsafe) private static var count: sig_atomic_t = 0

  static func listen() {
    // A parent may have left them blocked, as Foundation's Process does when it starts on a worker thread.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        if Interrupts.count > 0 { _exit(130) }
        Interrupts.count = 1
      }
    }
  }

  /// Does something that asks for them, in a command that otherwise ends at the first one.
  static func during<R>(_ body: () throws -> R) rethrows -> R {
    let before = [SIGINT, SIGTERM].map { ($0, signal($0, SIG_DFL)) }
    listen()
    defer { for (number, handler) in before { signal(number, handler) } }
    return try body()
  }

  static var wereReceived: Bool { count > 0 }

  /// What training asks after each event.
  static var continuation: Trainer.Continuation { wereReceived ? .stop : .more }
}
