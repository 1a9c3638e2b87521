import ArgumentParser
import Files
import Foundation
import Study
import Torch

/// An error whose settings are named as flags.
private struct NamedError: Error, CustomStringConvertible {
  let description: String
}

@main
struct Fathom: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fathom",
    abstract: "How deep does a BERT have to be for my text-classification task?",
    discussion: """
      EXAMPLES
        fathom study --model bert-base-cased --train reviews.csv \\
          --test held-out.csv --out study
        fathom train --model bert-base-cased --train aclImdb --test aclImdb \\
          --variant 3VA --out model
        echo "A film to fall asleep in." | fathom predict --model model
      """,
    version: RunStore.version,
    subcommands: [
      StudyCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self, AttentionCommand.self,
      DataCommand.self,
      OutputsCommand.self,
      TokenizeCommand.self, ReportCommand.self, ServeCommand.self,
      RunsCommand.self, PretrainCommand.self, FetchCommand.self, ImportCommand.self, BenchCommand.self,
    ])

  static func main() async {
    // A reader that is gone is an error of the write that finds out.
    signal(SIGPIPE, SIG_IGN)
    Engine.yieldToOtherWork()
    Engine.onExhaustion { words in
      let (batch, length) = (Flags.name(.batchSize), Flags.name(.maximumLength))
      let line = "fathom: out of memory in \(words): lower \(batch) or \(length)\n"
      FileHandle.standardError.write(Data(line.utf8))
      Foundation.exit(1)
    }
    do {
      let command = try parseAsRoot()
      do { try await run(command) } catch let error as ValidationError {
        // What only the data or the model could refuse: how the command is written is no help.
        Output.note("Error: \(error.message)")
        exit(withError: ExitCode.validationFailure)
      }
    } catch { end(error) }
  }

  private static func run(_ command: any ParsableCommand) async throws {
    var command = command
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  /// Ends the process: with help on standard output, or with one sentence on standard error and a status that
  /// is not 0.
  static func end(_ error: any Error) -> Never {
    if error is Output.Closed {
      // As other tools end when nobody reads them any more.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
      Foundation.exit(128 + SIGPIPE)
    }
    if let error = error as? FathomError {
      exit(withError: NamedError(description: error.description(naming: Flags.name)))
    }
    guard exitCode(for: error).isSuccess else { exit(withError: error) }
    // Help and the version.
    do { try Output.line(fullMessage(for: error)) } catch { end(error) }
    Foundation.exit(0)
  }
}
