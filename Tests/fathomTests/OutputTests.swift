import Files
import Fixtures
import Foundation
import Testing

/// What a shell's redirections do to commands.
@Suite(.serialized) struct OutputTests {
  /// Runs a line of shell in which `fathom` is the built program.
  private func shell(_ line: String) throws -> (status: Int32, errors: String) {
    try Fixtures.withFolder { folder in
      let errors = folder.appendingPathComponent("errors")
      try Data().write(to: errors)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "fathom() { '\(fathomExecutable.path)' \"$@\"; }; \(line)"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = try FileHandle(forWritingTo: errors)
      try ChildProcess.run(process)
      return (process.terminationStatus, try String(contentsOf: errors, encoding: .utf8))
    }
  }

  #if os(Linux)
    @Test(arguments: [
      "--help", "--version", "study --help", "tokenize --model '\(Fixtures.goldens.path)/bert'",
    ])
    func `a full standard output ends a command in one sentence`(arguments: String) throws {
      let outcome = try shell("echo text | fathom \(arguments) > /dev/full")
      #expect(outcome.status == 1 && outcome.errors.contains("standard output: the disk is full"))
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }
  #endif

  @Test func `a reader that goes away ends a command in silence`() throws {
    let model = Fixtures.goldens.path + "/bert"
    let outcome = try shell("yes text | head -100000 | fathom tokenize --model '\(model)' | head -1")
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
  }
}
