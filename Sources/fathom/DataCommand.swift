import ArgumentParser
import Classification
import Corpus
import Encoder
import Files
import Foundation
import WordPiece

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Look at a labelled data set before anything is trained on it.",
    usage: "fathom data <file> ... [--model <model>] [--test <test>] [<options>]",
    discussion: """
      Classes, lengths, what a model would cut, duplicates, what training and test data share, and labels \
      that look wrong. Nothing is changed.

      EXAMPLES
        fathom data reviews.csv
        fathom data 'data/train-*.parquet' --test held-out.jsonl.gz \\
          --model bert-base-cased --json
      """)

  @Argument(
    help: "Labelled data in any form that training takes; several files are one set, - is standard input.")
  var files: [PathArgument]

  @Option(help: "A model folder, or one with a tokenizer alone: gives lengths in tokens.")
  var model: ModelArgument?

  @Option(parsing: .upToNextOption, help: "Test data: gives what both sets share.")
  var test: [PathArgument] = []

  @Option(
    help: "Tokens that the model will read of a text (default: what the model can read, 512 at most).",
    in: .from(2, to: 1_000_000))
  var maxLength: Int?

  @OptionGroup var columns: ColumnArguments

  @Flag(help: "Print everything as one JSON object.")
  var json = false

  func validate() throws {
    if maxLength != nil, model == nil {
      throw ValidationError("--max-length has no effect without --model: leave it out")
    }
    guard [files, test].count(where: \.readsStandardInput) <= 1 else {
      throw ValidationError("standard input can be read once only: give a file for one of the sets")
    }
  }

  func run() throws {
    let training = try read(files, .train)
    let testing = test.isEmpty ? nil : try read(test, .test)
    let tokenizer = try model.map { try Tokenizer(folder: $0.folder()) }
    let inspection = try DataInspection(
      training, test: testing, maximumLength: maximumLength,
      tokenCounts: tokenizer.map { tokenizer in { tokenizer.encode($0).map(\.count) } })
    if json {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      return try Output.json(JSONSerialization.jsonObject(with: encoder.encode(inspection)))
    }
    try Output.write(Data(DataText(inspection, name: files.name).text.utf8))
  }

  /// Rows that training would refuse are counted here.
  private func read(_ paths: [PathArgument], _ split: CorpusReader.Split) throws -> DataSet {
    var reader = columns.reader(.single)
    reader.badRows = .skip
    return try reader.dataSet(
      paths.dataURLs(split), split: split, cache: columns.noDataCache ? nil : .standard, fewestClasses: 1)
  }

  private var maximumLength: Int {
    get throws {
      if let maxLength { return maxLength }
      guard let model, let config = try? EncoderRegistry.config(folder: model.folder()) else { return 512 }
      return min(512, config.maximumPositions)
    }
  }
}

/// An inspection as a person reads it.
struct DataText {
  private let data: DataInspection
  private let name: String

  init(_ data: DataInspection, name: String) { (self.data, self.name) = (data, name) }

  var text: String {
    let parts = [head, classes, lengths, duplicates, overlap, noise].filter { !$0.isEmpty }
    return parts.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private var head: [String] {
    var lines = ["\(name): \(data.rows) examples, \(data.classes.count) classes"]
    if data.skipped.count > 0 {
      let reasons = Dictionary(grouping: data.skipped.rows, by: \.reason).sorted {
        $0.value.count > $1.value.count
      }
      lines.append("! \(data.skipped.count) rows cannot be used (--bad-rows skip leaves them out):")
      for (reason, rows) in reasons.prefix(5) {
        lines.append("    \(rows.count) × \(Flags.named(reason)), first \(rows[0].place)")
      }
    }
    if data.emptyTexts > 0 { lines.append("! \(data.emptyTexts) texts are empty") }
    return lines + data.notes.filter { !$0.contains("texts are empty") }
  }

  private var classes: [String] {
    let sorted = data.classes.sorted { $0.count > $1.count }
    let width = min(40, sorted.map(\.name.count).max() ?? 0)
    var lines = sorted.prefix(20).map { entry in
      let name = entry.name.count > 40 ? entry.name.prefix(39) + "…" : entry.name
      let gap = String(repeating: " ", count: width - name.count + 2)
      let share = 100 * Double(entry.count) / Double(max(data.rows, 1))
      return "  \(name)\(gap)" + String(format: "%9d  %5.1f %%", entry.count, share)
    }
    if sorted.count > 20 { lines.append("  … and \(sorted.count - 20) more") }
    for names in data.similarClasses {
      lines.append("! may be one class: " + names.map { "'\($0)'" }.joined(separator: ", "))
    }
    if let first = sorted.first, let last = sorted.last, sorted.count > 1, first.count >= 10 * last.count {
      lines.append(
        "! the largest class has \(first.count / max(last.count, 1)) times as many examples as the smallest")
    }
    return lines
  }

  private var lengths: [String] {
    func line(_ name: String, _ q: DataInspection.Quantiles) -> String {
      let values = [q.least, q.quarter, q.median, q.threeQuarters, q.ninetyFive, q.ninetyNine, q.greatest]
      return name.padding(toLength: 12, withPad: " ", startingAt: 0)
        + values.map { String(format: "%9d", $0) }.joined()
    }
    guard let characters = data.characters else { return [] }
    let heads = ["least", "25 %", "median", "75 %", "95 %", "99 %", "longest"]
    var lines = [
      String(repeating: " ", count: 12)
        + heads.map { String(repeating: " ", count: max(0, 9 - $0.count)) + $0 }.joined(),
      line("characters", characters),
    ]
    guard let tokens = data.tokens else { return lines }
    lines.append(line("tokens", tokens.quantiles))
    let share = 100 * Double(tokens.cutTexts) / Double(max(data.rows, 1))
    lines.append(
      (tokens.cutTexts > 0 ? "! " : "")
        + String(
          format: "%d texts (%.1f %%) are longer than %d tokens: %.1f %% of all tokens would be cut",
          tokens.cutTexts,
          share, tokens.maximumLength, 100 * tokens.cutShare))
    return lines
  }

  private var duplicates: [String] {
    let found = data.duplicates
    guard found.sameLabel + found.otherLabel > 0 else {
      return ["no text occurs twice (case and blanks aside)"]
    }
    var lines: [String] = []
    if found.sameLabel > 0 { lines.append("! \(found.sameLabel) rows repeat a text under the same label") }
    if found.otherLabel > 0 { lines.append("! \(found.otherLabel) texts stand under several labels:") }
    return lines + found.contradictions.map { "    " + $0.joined(separator: "; ") }
  }

  private var overlap: [String] {
    guard let found = data.overlap else { return [] }
    let count = found.sameLabel + found.otherLabel
    var lines: [String] = []
    if count == 0 {
      lines.append("no text of the test set occurs in the training set")
    } else {
      lines.append(
        "! \(count) of \(found.testRows) test texts occur in the training set, "
          + "\(found.otherLabel) under another label:"
      )
      lines.append("    " + found.places.joined(separator: "; "))
    }
    func named(_ names: [String]) -> String { ListText(names).description }
    if !found.onlyInTest.isEmpty { lines.append("! only in the test set: \(named(found.onlyInTest))") }
    if !found.onlyInTraining.isEmpty {
      lines.append("  only in the training set: \(named(found.onlyInTraining))")
    }
    return lines
  }

  private var noise: [String] {
    guard let noise = data.noise else { return [] }
    let sample = noise.examples < data.rows ? " of a sample of \(noise.examples)" : ""
    var lines = [
      String(
        format: "A linear model of words and pairs gets %.1f %%%@ right without having seen them.",
        100 * noise.accuracy, sample)
    ]
    guard noise.suspectCount > 0 else { return lines }
    lines.append("It is sure of another label for \(noise.suspectCount); the clearest:")
    for suspect in noise.suspects.prefix(10) {
      lines.append(
        String(
          format: "    %@: '%@', likelier '%@' (%.2f)", suspect.place, suspect.label, suspect.likelier,
          suspect.probability))
      lines.append("      \(suspect.text)")
    }
    lines.append(
      "Irony, rare subjects and long texts of two minds look the same to it: read before you change a label.")
    return lines
  }
}
