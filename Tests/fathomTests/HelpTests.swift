import ArgumentParser
import Files
import Foundation
import Testing

@testable import fathom

/// Help of every command as a terminal of 80 columns shows it, made in this process.
struct HelpTests {
  /// Every command with the ones below it.
  static let commands: [any ParsableCommand.Type] = all(Fathom.self)

  private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap(all)
  }

  private func help(_ command: any ParsableCommand.Type) -> String {
    Fathom.helpMessage(for: command, includeHidden: false, columns: 80)
  }

  /// The commands under EXAMPLE or EXAMPLES, as they would be pasted.
  private func examples(_ help: String) -> [String] {
    let lines = help.components(separatedBy: "\n")
    guard let start = lines.firstIndex(where: { ["EXAMPLE", "EXAMPLES"].contains($0) }) else { return [] }
    let block = lines[(start + 1)...].prefix { $0.hasPrefix("  ") }
    return block.joined(separator: "\n").replacingOccurrences(of: "\\\n", with: " ")
      .components(separatedBy: "\n")
  }

  /// The words of a shell's command: quotes are taken off.
  private func words(_ command: String) -> [String] {
    command.matches(of: /"([^"]*)"|'([^']*)'|([^\s"']+)/).map { String($0.1 ?? $0.2 ?? $0.3 ?? "") }
  }

  /// What is given to `fathom`; nil for another program's command.
  private func arguments(_ example: String) -> [String]? {
    let words = words(example)
    guard let start = words.firstIndex(of: "fathom") else { return nil }
    return Array(words[(start + 1)...].prefix { ![">", "|"].contains($0) })
  }

  @Test func `no line is longer than 80 columns`() {
    for command in Self.commands {
      for line in help(command).components(separatedBy: "\n") {
        #expect(line.count <= 80, "\(command): \(line)")
      }
    }
  }

  @Test func `every flag that an error can name is an option of some command`() {
    let help = Self.commands.map(help).joined()
    for setting in Setting.allCases {
      #expect(help.contains(Flags.name(setting)), "\(setting)")
    }
  }

  @Test func `every command but the parts of runs has an example`() {
    for command in Self.commands
    where !RunsCommand.configuration.subcommands.contains(where: { $0 == command }) {
      #expect(!examples(help(command)).isEmpty, "\(command)")
    }
  }

  @Test func `examples parse as they are written`() throws {
    for command in Self.commands {
      for example in examples(help(command)) {
        guard let arguments = arguments(example) else { continue }
        #expect(throws: Never.self, "\(example)") { _ = try Fathom.parseAsRoot(arguments) }
      }
    }
  }

  @Test func `lines of examples stay under 78 columns`() {
    for command in Self.commands {
      let lines = help(command).components(separatedBy: "\n")
      guard let start = lines.firstIndex(where: { $0.hasPrefix("EXAMPLE") }) else { continue }
      for line in lines[(start + 1)...].prefix(while: { $0.hasPrefix("  ") }) {
        #expect(line.count < 78, "\(command): \(line)")
      }
    }
  }

  @Test func `paragraphs flow to the edge`() {
    for command in Self.commands {
      let lines = help(command).components(separatedBy: "\n").prefix {
        !$0.hasPrefix("EXAMPLE") && !$0.hasPrefix("USAGE")
      }
      for (line, next) in zip(lines, lines.dropFirst())
      where !line.isEmpty && !line.hasPrefix(" ") && !next.isEmpty {
        // The next line's first word would not have fitted.
        let word = next.prefix { $0 != " " }
        #expect(line.count + 1 + word.count > 79, "\(command): \(line)")
      }
    }
  }
}
