import ArgumentParser
import Classification
import Foundation
import WordPiece

struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Turn texts into word pieces.",
    usage: "fathom tokenize --model <model> [<options>]",
    discussion: """
      One text per line on standard input; one {"ids": […], "tokens": […]} per line on standard output.

      EXAMPLE
        echo "An unforgettable film." | fathom tokenize --model bert-base-cased
      """)

  @Option(help: "A model: its folder with vocab.txt or tokenizer.json, or its name at Hugging Face.")
  var model: ModelArgument

  @Option(help: "Tokens at most, with [CLS] and [SEP] (default: all).", in: .from(2, to: 1_000_000))
  var maxLength: Int?

  @OptionGroup var truncation: TruncationArguments

  func run() throws {
    let tokenizer = try Tokenizer(folder: model.folder())
    let truncation = try truncation.value
    let quoted = (0..<Int32(tokenizer.tokenCount)).map { jsonString(tokenizer.token($0)) }
    try InputLines.forEachBatch(atMost: 4096) { lines in
      var out = ""
      for ids in tokenizer.encode(lines, maximumLength: maxLength, truncation: truncation) {
        out += "{\"ids\":[" + ids.map(String.init).joined(separator: ",") + "],\"tokens\":["
        out += ids.map { quoted[Int($0)] }.joined(separator: ",") + "]}\n"
      }
      try Output.write(Data(out.utf8))
    }
  }

  private func jsonString(_ token: String) -> String {
    let data = try? JSONSerialization.data(
      withJSONObject: token, options: [.fragmentsAllowed, .withoutEscapingSlashes])
    return data.map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
