import ArgumentParser
import Testing

@testable import fathom

struct OptionRangeTests {
  /// Options that take a number, by command, with the arguments that the command cannot do without.
  private static let options: [(required: [String], numbers: [String])] = [
    (
      ["study", "--model", "m", "--train", "a", "--test", "b", "--out", "o"],
      [
        "epochs", "batch-size", "accumulation", "max-length", "threads", "patience", "seeds", "seed", "limit",
        "test-limit", "split-seed", "beta1", "warmup", "dropout", "validation-share", "head-share",
      ]
    ),
    (
      ["pretrain", "--text", "t", "--out", "o"],
      [
        "blocks", "hidden", "heads", "vocabulary-size", "epochs", "batch-size", "max-length", "seed",
        "dropout",
      ]
    ),
    (["bench"], ["hidden", "heads", "batch-size", "batches", "rounds", "threads"]),
    (["serve", "s"], ["port", "timeout", "waiting", "threads"]),
    (["tokenize", "--model", "m"], ["max-length", "head-share"]),
    (["attention", "--model", "m", "--text", "t"], ["examples", "layer", "head", "token", "split-seed"]),
    (["outputs", "--model", "m", "--text", "t", "--out", "o"], ["blocks"]),
    (["report", "s"], ["within"]),
  ]

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
    for (required, numbers) in Self.options {
      for option in numbers {
        #expect("\(required[0]) --\(option)") {
          _ = try Fathom.parseAsRoot(required + ["--\(option)", "-1"])
        } throws: { Fathom.message(for: $0).contains("number, ") }
      }
    }
  }

  @Test func `what cannot be 0 says from where it starts`() {
    let required = ["study", "--model", "m", "--train", "a", "--test", "b", "--out", "o"]
    for option in ["epochs", "accumulation", "threads", "seeds", "limit"] {
      #expect("--\(option)") { _ = try Fathom.parseAsRoot(required + ["--\(option)", "0"]) } throws: {
        Fathom.message(for: $0).contains("1 ")
      }
    }
  }

  @Test func `seeds may not run over their end`() throws {
    let required = ["study", "--model", "m", "--train", "a", "--test", "b", "--out", "o"]
    let last = ["--seed", "18446744073709551615"]
    _ = try Fathom.parseAsRoot(required + last)
    #expect { _ = try Fathom.parseAsRoot(required + last + ["--seeds", "2"]) } throws: {
      Fathom.message(for: $0).contains("leaves no room")
    }
  }

  @Test func `an option without effect is refused`() {
    let required = ["study", "--model", "m", "--train", "a", "--test", "b", "--out", "o"]
    for option in ["--variants", "--train-sizes"] {
      #expect("\(option)") { _ = try Fathom.parseAsRoot(required + [option, ""]) } throws: {
        Fathom.message(for: $0).contains("is empty")
      }
    }
  }

  @Test func `a range and a default are said in the help`() {
    let help = Fathom.helpMessage(for: BenchCommand.self, columns: 200)
    #expect(help.contains("Attention heads (1 to 65536; default: 12)."))
    #expect(help.contains("CPU threads (default: one per physical core; 1 to 512)."))
  }
}
