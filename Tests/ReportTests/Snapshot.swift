import Fixtures
import Foundation
import Testing

/// Compares a text with the file in `Tests/Goldens/report` that holds it, and names the first line that
/// differs.
///
/// After a change that is meant, `FATHOM_RECORD_SNAPSHOTS=1 swift test --filter ReportTests` writes the files
/// anew; look at their difference before you commit it.
enum Snapshot {
  private static let isRecording = ProcessInfo.processInfo.environment["FATHOM_RECORD_SNAPSHOTS"] != nil

  static func check(_ text: String, _ name: String, location: SourceLocation = #_sourceLocation) throws {
    let file = Fixtures.goldens.appendingPathComponent("report").appendingPathComponent(name)
    if isRecording {
      try Data(text.utf8).write(to: file)
      return
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    guard text != expected else { return }
    let found = text.split(separator: "\n", omittingEmptySubsequences: false)
    let lines = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let differing =
      zip(found, lines).enumerated().first { $1.0 != $1.1 }?.offset ?? min(found.count, lines.count)
    func line(_ all: [Substring]) -> Substring { differing < all.count ? all[differing] : "(the end)" }
    Issue.record(
      "\(name), line \(differing + 1)\n  is:        \(line(found))\n  should be: \(line(lines))",
      sourceLocation: location)
  }
}
