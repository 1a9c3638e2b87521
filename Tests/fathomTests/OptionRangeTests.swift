import ArgumentParser
import Testing

@testable import fathom

struct OptionRangeTests {
  /// Options that take a number, by command, with the arguments that the command cannot do without.
  private static let options: [(command: any ParsableCommand.Type, required: [String], numbers: [String])] = [
    (
      StudyCommand.self, ["--model", "m", "--train", "a", "--test", "b", "--out", "o"],
      [
        "epochs", "batch-size", "accumulation", "max-length", "threads", "patience", "seeds", "seed", "limit",
        "test-limit", "split-seed", "beta1", "warmup", "dropout", "validation-share", "head-share",
      ]
    ),
    (
      PretrainCommand.self, ["--text", "t", "--out", "o"],
      [
        "blocks", "hidden", "heads", "vocabulary-size", "epochs", "batch-size", "max-length", "seed",
        "dropout",
      ]
    ),
    (BenchCommand.self, [], ["hidden", "heads", "batch-size", "batches", "rounds", "threads"]),
    (ServeCommand.self, ["s"], ["port", "timeout", "waiting", "threads"]),
    (TokenizeCommand.self, ["--model", "m"], ["max-length", "head-share"]),
    (
      AttentionCommand.self, ["--model", "m", "--text", "t"],
      ["examples", "layer", "head", "token", "split-seed"]
    ),
    (OutputsCommand.self, ["--model", "m", "--text", "t", "--out", "o"], ["blocks"]),
    (ReportCommand.self, ["s"], ["within"]),
  ]

  @Test(arguments: ["--latency-limit=0ms", "--size-limit=0MB"])
  func `a limit of nothing is refused with one that would do`(option: String) throws {
    let error = #expect(throws: (any Error).self) { try ReportCommand.parse(["study", option]) }
    let said = error.map { ReportCommand.message(for: $0) } ?? ""
    #expect(said.contains("above 0") && said.contains("such as"), "\(said)")
  }

  @Test(arguments: ["", "x", "nan", "inf", "-inf", "1e400", "-1", "0x10", "1e30", "99999999999999999999"])
  func `what is no number of a range is refused`(text: String) {
    #expect(throws: ValidationError.self) { try NumberRange<Int>.from(0, to: 10).parse(text) }
    #expect(throws: ValidationError.self) { try NumberRange<UInt64>.seed.parse(text) }
    #expect(throws: ValidationError.self) { try NumberRange<Double>.from(0, to: 1).parse(text) }
  }

  @Test func `both ends of a range are numbers of it`() throws {
    #expect(try NumberRange<UInt64>.seed.parse("18446744073709551615") == .max)
    #expect(try NumberRange<Int>.from(1, to: 3).parse("1") == 1)
    #expect(try NumberRange<Double>.from(0).parse("1e30") == 1e30)
    #expect(throws: ValidationError.self) { try NumberRange<Double>.from(0, below: 1).parse("1") }
    #expect(throws: ValidationError.self) { try NumberRange<Double>.above(0).parse("0") }
  }

  @Test func `every option that takes a number has a range`() {
    for (command, required, numbers) in Self.options {
      for option in numbers {
        #expect("\(command) --\(option)") {
          _ = try command.parse(required + ["--\(option)", "-1"])
        } throws: { command.message(for: $0).contains("number, ") }
      }
    }
  }

  @Test func `what cannot be 0 says from where it starts`() {
    let required = ["--model", "m", "--train", "a", "--test", "b", "--out", "o"]
    for option in ["epochs", "accumulation", "threads", "seeds", "limit"] {
      #expect("--\(option)") { _ = try StudyCommand.parse(required + ["--\(option)", "0"]) } throws: {
        StudyCommand.message(for: $0).contains("1 ")
      }
    }
  }

  @Test func `seeds may not run over their end`() throws {
    let required = ["--model", "m", "--train", "a", "--test", "b", "--out", "o"]
    let last = ["--seed", "18446744073709551615"]
    _ = try StudyCommand.parse(required + last)
    #expect { _ = try StudyCommand.parse(required + last + ["--seeds", "2"]) } throws: {
      StudyCommand.message(for: $0).contains("leaves no room")
    }
  }

  @Test func `an option without effect is refused`() {
    let required = ["--model", "m", "--train", "a", "--test", "b", "--out", "o"]
    let cases: [(any ParsableCommand.Type, [String], String)] =
      [
        (
          TrainCommand.self,
          required + ["--variant", "1VA", "--select-on", "test", "--validation-share", "0.2"],
          "--validation-share has no effect where epochs are selected on test"
        ),
        (StudyCommand.self, required + ["--select-on", "last"], "nothing to choose models on"),
        (
          TokenizeCommand.self, ["--model", "m", "--head-share", "0.2"],
          "--head-share has no effect with --truncation head"
        ),
        (
          AttentionCommand.self, ["--model", "m", "--text", "a film", "--examples", "2"],
          "--examples has no effect without --data"
        ),
        (StudyCommand.self, required + ["--as-published"], "belong to --preset imdb-2019"),
        (
          StudyCommand.self,
          required + ["--preset", "imdb-2019", "--as-published", "--slips", "word-pieces"],
          "all of the slips"
        ),
      ]
      + [
        ("--bert-dropout", "0.3", "bert-dropout-off"), ("--attention-dropout", "0.2", "bert-dropout-off"),
        ("--cleaning", "none", "fused-words"), ("--metric", "macro-f1", "lowest-test-loss"),
      ].map { flag, value, slip in
        (
          StudyCommand.self, required + ["--preset", "imdb-2019", "--as-published", flag, value],
          "\(flag) cannot be chosen with \(slip), which sets it: leave one of them out (--slips names single"
        )
      }
      + [
        (
          StudyCommand.self,
          required + ["--preset", "imdb-2019", "--slips", "fifty-epochs", "--epochs", "3"],
          "--epochs cannot be chosen with fifty-epochs, which sets it: leave one of them out"
        ),
        (
          StudyCommand.self, required + ["--preset", "imdb-2019", "--as-published", "--dropout", "0"],
          "--dropout 0 leaves nothing to dropout-in-testing"
        ),
      ]
    for (command, arguments, sentence) in cases {
      #expect("\(arguments)") { _ = try command.parse(arguments) } throws: {
        command.message(for: $0).contains(sentence)
      }
    }
    for option in ["--variants", "--train-sizes"] {
      #expect("\(option)") { _ = try StudyCommand.parse(required + [option, ""]) } throws: {
        StudyCommand.message(for: $0).contains("is empty")
      }
    }
  }

  @Test func `a range and a default are said in the help`() {
    let help = Fathom.helpMessage(for: BenchCommand.self, columns: 200)
    #expect(help.contains("Attention heads (1 to 65536; default: 12)."))
    #expect(help.contains("CPU threads (default: one per physical core; 1 to 512)."))
  }
}
