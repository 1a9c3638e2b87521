import ArgumentParser
import Foundation
import Mutation

/// Gives readers damaged files, in processes of their own: a crash is found by the number of its input.
@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz", abstract: "Give readers damaged files, and report crashes, slow and heavy ones.")

  @Argument(help: "A reader's name, or all.")
  var reader: String

  @Option(help: "Inputs per reader.")
  var count = 10_000

  @Option(help: "The same seed draws the same inputs.")
  var seed: UInt64 = 1

  @Option(help: "The first input's number; to see one again, with --count 1.")
  var first = 0

  @Option(help: "Folder for inputs that end a process.")
  var crashes = "fuzz-crashes"

  @Option(help: .hidden)
  var worker: String?

  func validate() throws {
    guard (1...100_000_000).contains(count), (0...1_000_000_000).contains(first) else {
      throw ValidationError("--count is 1 to 100000000, --first 0 to 1000000000")
    }
  }

  func run() throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    let all = try FuzzedReader.all(root: root)
    let chosen = all.filter { reader == "all" || $0.name == reader }
    guard !chosen.isEmpty else {
      throw ValidationError("no reader '\(reader)': choose all, \(all.map(\.name).joined(separator: ", "))")
    }
    if let worker { return try Worker(chosen[0], self).run(URL(fileURLWithPath: worker)) }
    var hasFault = false
    for reader in chosen { if try !Campaign(reader, self).run() { hasFault = true } }
    if hasFault { throw ExitCode.failure }
  }
}
