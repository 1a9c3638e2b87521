import ArgumentParser
import Classification
import WordPiece

/// What is kept of a text that is longer than the model reads.
struct TruncationArguments: ParsableArguments {
  @Option(help: "Which part of a long text is kept: head, tail or head+tail.")
  var truncation = "head"

  @Option(help: "Share of the room that the head gets in head+tail (default: 0.5).", in: .from(0, to: 1))
  var headShare: Double?

  func validate() throws {
    guard headShare == nil || truncation == "head+tail" else {
      throw ValidationError("--head-share has no effect with --truncation \(truncation): leave it out")
    }
    try namingFlags { _ = try value }
  }

  var value: Truncation { get throws { try Truncation(truncation, headShare: headShare ?? 0.5) } }
}
