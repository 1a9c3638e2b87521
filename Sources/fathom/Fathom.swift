import ArgumentParser
import Files
import Study

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
        fathom study --model bert-base-cased --train reviews.csv --test held-out.csv --out study
        fathom train --model bert-base-cased --train aclImdb --test aclImdb --variant 3VA --out model
        echo "A film to fall asleep in." | fathom predict --model model
      """,
    version: RunStore.version,
    subcommands: [
      StudyCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self, AttentionCommand.self,
      OutputsCommand.self,
      TokenizeCommand.self, ReportCommand.self, ServeCommand.self,
      RunsCommand.self, PretrainCommand.self, FetchCommand.self, BenchCommand.self,
    ])

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let error as FathomError {
      exit(withError: NamedError(description: error.description(naming: Flags.name)))
    } catch {
      exit(withError: error)
    }
  }
}
