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

  @Option(help: "Quotes in tables: rfc4180 (usual in .csv) or none (usual in .tsv).")
  var quoting: CorpusReader.Quoting?

  @Flag(help: "Keep no copy of data files of 16 MB and more in the user's cache for the next time.")
  var noDataCache = false

  /// - Parameter classes: those of the training data, or of the model; nil makes them from these examples.
  func load(_ path: String, _ split: CorpusReader.Split, classes: [String]? = nil) throws -> DataSet {
    let reader = CorpusReader(
      textColumn: textColumn, labelColumn: labelColumn, hasHeader: !noHeader, quoting: quoting)
    let data = try reader.dataSet(
      URL(fileURLWithPath: path), split: split, classes: classes, cache: noDataCache ? nil : .standard)
    data.notes.forEach(Output.note)
    return data
  }
}

extension CorpusReader.Quoting: ExpressibleByArgument {}

/// What every command that measures on labelled data shares.
struct DataArguments: ParsableArguments {
  @OptionGroup var columns: ColumnArguments

  @Option(
    help: ArgumentHelp("Take a seeded, stratified sample of the test examples.", valueName: "n"),
    in: .from(1))
  var testLimit: Int?
}

/// Training and test data.
struct TrainingDataArguments: ParsableArguments {
  @Option(help: "Training data: an aclImdb-like folder, .csv, .tsv or .jsonl.")
  var train: String

  @Option(help: "Test data, in the same forms.")
  var test: String

  @OptionGroup var columns: DataArguments

  @Option(
    help: ArgumentHelp("Take a seeded, stratified sample of the training examples.", valueName: "n"),
    in: .from(1))
  var limit: Int?

  @Option(help: "Share of the training examples set aside to select epochs on.", in: .above(0, below: 1))
  var validationShare = 0.1

  @Option(help: "Seed of the samples and of the validation split.", in: .seed)
  var splitSeed: UInt64 = 1

  /// The last part of the path, as reports name it.
  var name: String { URL(fileURLWithPath: train).standardizedFileURL.lastPathComponent }

  func load() throws -> (train: DataSet, test: DataSet) {
    let training = try columns.columns.load(train, .train)
    let testing = try columns.columns.load(test, .test, classes: training.classes)
    return (
      training.limited(to: limit, seed: splitSeed), testing.limited(to: columns.testLimit, seed: splitSeed)
    )
  }
}
