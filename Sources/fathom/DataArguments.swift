import ArgumentParser
import Corpus
import Foundation

/// How labelled data are read.
struct ColumnArguments: ParsableArguments {
  @Option(help: "Column or JSON key of the text (a number from 1 without a header).")
  var textColumn = "text"

  @Option(help: "Column or JSON key of the label.")
  var labelColumn = "label"

  @Flag(help: "The CSV or TSV has no header row.")
  var noHeader = false

  var reader: CorpusReader { CorpusReader(textColumn: textColumn, labelColumn: labelColumn, hasHeader: !noHeader) }
}

/// What every command that measures on labelled data shares.
struct DataArguments: ParsableArguments {
  @OptionGroup var columns: ColumnArguments

  @Option(help: ArgumentHelp("Take a seeded, stratified sample of the test examples.", valueName: "n"))
  var testLimit: Int?

  var reader: CorpusReader { columns.reader }

  func validate() throws {
    if let testLimit, testLimit < 1 { throw ValidationError("--test-limit must be 1 at least") }
  }
}

/// Training and test data.
struct TrainingDataArguments: ParsableArguments {
  @Option(help: "Training data: an aclImdb-like folder, .csv, .tsv or .jsonl.")
  var train: String

  @Option(help: "Test data, in the same forms.")
  var test: String

  @OptionGroup var columns: DataArguments

  @Option(help: ArgumentHelp("Take a seeded, stratified sample of the training examples.", valueName: "n"))
  var limit: Int?

  @Option(help: "Share of the training examples set aside to select epochs on.")
  var validationShare = 0.1

  @Option(help: "Seed of the samples and of the validation split.")
  var splitSeed: UInt64 = 1

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 at least") }
    guard validationShare > 0, validationShare < 1 else { throw ValidationError("--validation-share must lie between 0 and 1") }
  }

  /// The last part of the path, as reports name it.
  var name: String { URL(fileURLWithPath: train).standardizedFileURL.lastPathComponent }

  func load() throws -> (train: DataSet, test: DataSet) {
    let training = try columns.reader.dataSet(URL(fileURLWithPath: train), split: .train)
    let testing = try columns.reader.dataSet(URL(fileURLWithPath: test), split: .test, classes: training.classes)
    return (training.limited(to: limit, seed: splitSeed), testing.limited(to: columns.testLimit, seed: splitSeed))
  }
}
