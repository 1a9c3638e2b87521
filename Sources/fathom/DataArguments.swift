import ArgumentParser
import Corpus
import Files
import Foundation
import Training

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
  func load(_ path: PathArgument, _ split: CorpusReader.Split, classes: [String]? = nil) throws -> DataSet {
    let reader = CorpusReader(
      textColumn: textColumn, labelColumn: labelColumn, hasHeader: !noHeader, quoting: quoting)
    let data = try reader.dataSet(
      path.url, split: split, classes: classes, cache: noDataCache ? nil : .standard)
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
  var train: PathArgument

  @Option(help: "Test data, in the same forms (default: a share of the training examples).")
  var test: PathArgument?

  @Option(help: "Validation data of your own (default: a share of the training examples).")
  var validation: PathArgument?

  @OptionGroup var shared: DataArguments

  @Option(
    help: ArgumentHelp("Take a seeded, stratified sample of the training examples.", valueName: "n"),
    in: .from(1))
  var limit: Int?

  @Option(
    help: "Share of the training examples set aside to select epochs on (default: 0.1).",
    in: .above(0, below: 1))
  var validationShare: Double?

  @Option(
    help: "Share of the training examples set aside for the test, without --test (default: 0.2).",
    in: .above(0, below: 1))
  var testShare: Double?

  @Option(help: "Seed of the samples and of the validation split.", in: .seed)
  var splitSeed: UInt64 = 1

  /// The last part of the path, as reports name it.
  var name: String { train.name }

  func validate() throws {
    if validation != nil, validationShare != nil {
      throw ValidationError("--validation brings a set of its own: give no --validation-share")
    }
    if test != nil, testShare != nil {
      throw ValidationError("--test brings a set of its own: give no --test-share")
    }
  }

  /// Refuses what would have no effect.
  func check(selection: TrainingOptions.Selection) throws {
    guard selection != .validation else { return }
    for (flag, isGiven) in [
      ("--validation", validation != nil), ("--validation-share", validationShare != nil),
    ]
    where isGiven {
      throw ValidationError(
        "\(flag) has no effect where epochs are selected on \(selection.rawValue): leave it out")
    }
  }

  /// What was read: the examples to learn from, those to test on, and a validation set where the user has
  /// one.
  struct Sets {
    let train: DataSet
    let validation: DataSet?
    let test: DataSet
  }

  func load() throws -> Sets {
    let training = try shared.columns.load(train, .train)
    let own = try validation.map { try shared.columns.load($0, .validation, classes: training.classes) }
    let pool = training.limited(to: limit, seed: splitSeed)
    if let test {
      let testing = try shared.columns.load(test, .test, classes: training.classes)
      return Sets(
        train: pool, validation: own, test: testing.limited(to: shared.testLimit, seed: splitSeed))
    }
    let (rest, testing) = pool.split(validationShare: testShare ?? 0.2, seed: splitSeed &+ 1)
    guard testing.count > 0, rest.count > 0 else {
      throw FathomError(
        .data, at: train.description, "\(pool.count) examples leave none to test on",
        mend: "bring more, or a \(.test)")
    }
    return Sets(
      train: rest, validation: own, test: testing.limited(to: shared.testLimit, seed: splitSeed))
  }

  /// The sets of a run.
  /// - Parameter size: training examples to take, before a validation share is set aside; nil takes all.
  func trainingData(
    _ sets: Sets, size: Int? = nil, selection: TrainingOptions.Selection
  ) throws -> TrainingData {
    let train = sets.train.limited(to: size, seed: splitSeed)
    var data: TrainingData
    if let own = sets.validation, selection == .validation {
      data = TrainingData(train: train, validation: own, test: sets.test)
    } else {
      data = try TrainingData(
        train: train, test: sets.test, validationShare: validationShare ?? 0.1, splitSeed: splitSeed,
        selection: selection)
    }
    data.name = name
    let parts =
      [("training", data.train), ("test", data.test)] + (data.validation.map { [("validation", $0)] } ?? [])
    for note in train.notes(on: parts) { Output.note("note: \(note)") }
    return data
  }

  /// The sets of each run of a cross-validation: every training example is validated in one of them.
  func folds(_ count: Int, _ sets: Sets, size: Int? = nil) throws -> [TrainingData] {
    try sets.train.limited(to: size, seed: splitSeed).folds(count, seed: splitSeed).enumerated().map {
      var data = TrainingData(
        train: $1.train, validation: $1.validation, test: sets.test, fold: (index: $0, count: count))
      data.name = name
      return data
    }
  }
}
