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

  @Option(
    help: ArgumentHelp(
      "With commas, columns of 0 and 1 named as the labels (multi-label), or of numbers (regression).",
      valueName: "names"))
  var labelColumns: String?

  @Option(help: "Between the labels of a text that stand in one column.")
  var labelSeparator = "|"

  @Option(help: "Column or JSON key of the second text, for pairs of texts.")
  var pairColumn: String?

  @Option(help: "What the files are: csv, tsv, jsonl, json, parquet or arrow (default: what they look like).")
  var format: CorpusReader.Form?

  @Flag(
    inversion: .prefixedNo,
    help: "Whether the first row of a CSV or TSV names the columns (default: what it looks like).")
  var header: Bool?

  @Option(help: "What ends a field of a table: a character, or tab (default: what the file looks like).")
  var delimiter: DelimiterArgument?

  @Option(help: "utf-8, utf-16 or latin-1 (default: UTF-8, or UTF-16 where its mark is there).")
  var encoding: CorpusReader.Encoding?

  @Option(help: "Quotes in tables: rfc4180 (usual in .csv) or none (usual in .tsv).")
  var quoting: CorpusReader.Quoting?

  @Flag(help: "The same as --quoting none.")
  var noQuoting = false

  @Option(help: "Rows without text or label, or that cannot be read: fail, or skip to leave them out.")
  var badRows = CorpusReader.BadRows.fail

  @Option(
    help: "The file that lists what --bad-rows skip left out (default where there is an --out: beside it).")
  var skippedRows: PathArgument?

  @Flag(help: "Keep no copy of data files of 16 MB and more in the user's cache for the next time.")
  var noDataCache = false

  func validate() throws {
    if noQuoting, quoting == .rfc4180 {
      throw ValidationError("--no-quoting and --quoting rfc4180 contradict each other: leave one out")
    }
    if skippedRows != nil, badRows == .fail {
      throw ValidationError("--skipped-rows has no effect without --bad-rows skip: leave it out")
    }
  }

  func reader(_ task: TaskName) -> CorpusReader {
    CorpusReader(
      textColumn: textColumn, secondColumn: pairColumn,
      labelColumns: labelColumns?.commaList ?? [labelColumn],
      answers: task.form(separator: labelSeparator), form: format, hasHeader: header,
      quoting: noQuoting ? CorpusReader.Quoting.none : quoting, delimiter: delimiter?.byte,
      encoding: encoding,
      badRows: badRows)
  }

  /// - Parameters:
  ///   - classes: those of the training data, or of the model; nil makes them from these examples.
  ///   - output: what the command writes; what was left out is listed beside it.
  func load(
    _ paths: [PathArgument], _ split: CorpusReader.Split, task: TaskName, classes: [String]? = nil,
    beside output: PathArgument? = nil
  ) throws -> DataSet {
    let data = try reader(task).dataSet(
      paths.dataURLs(split), split: split, classes: classes, cache: noDataCache ? nil : .standard)
    data.notes.forEach(Output.note)
    try report(data, paths, split, output)
    return data
  }

  private func report(
    _ data: DataSet, _ paths: [PathArgument], _ split: CorpusReader.Split, _ output: PathArgument?
  ) throws {
    guard let first = data.skipped.rows.first else { return }
    var note =
      "note: \(data.skipped.count) rows of \(paths.name) were left out, beside the \(data.count) that were"
    note += " read (\(first.place): \(Flags.named(first.reason)))"
    let file =
      skippedRows ?? output.map { PathArgument(argument: $0.withoutSlash + ".\(split.rawValue)-skipped.csv") }
    if let file {
      func quoted(_ field: String) -> String {
        "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
      }
      let rows = data.skipped.rows.map { quoted($0.place) + "," + quoted(Flags.named($0.reason)) + "\n" }
      try Output.write("place,reason\n" + rows.joined(), to: file)
      note += ": \(file) lists them"
    }
    Output.note(note)
  }
}

extension CorpusReader.Quoting: ExpressibleByArgument {}
extension CorpusReader.Form: ExpressibleByArgument {}
extension CorpusReader.Encoding: ExpressibleByArgument {}
extension CorpusReader.BadRows: ExpressibleByArgument {}

/// One ASCII character, or the name of one that is hard to type.
struct DelimiterArgument: ExpressibleByArgument {
  let byte: UInt8

  init?(argument: String) {
    let names = ["tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "]
    let bytes = Array((names[argument.lowercased()] ?? argument).utf8)
    guard bytes.count == 1, bytes[0] == 9 || (0x20..<0x7F).contains(bytes[0]), bytes[0] != 0x22 else {
      return nil
    }
    byte = bytes[0]
  }
}

extension [PathArgument] {
  /// The files and folders that are meant: patterns with `*`, `?` and `[` are looked up, `-` is standard
  /// input, and `hf:NAME` a data set at Hugging Face, whose files are fetched where they are missing.
  /// - Parameter split: what is taken of one that has several.
  func dataURLs(_ split: CorpusReader.Split) throws -> [URL] {
    try flatMap { path -> [URL] in
      if path.description.hasPrefix("hf:") {
        return try HubAccess.shared.dataFiles(String(path.description.dropFirst(3)), split: split)
      }
      if path.description == "-" { return [CorpusReader.standardInput] }
      let isPattern = path.description.contains { "*?[".contains($0) }
      guard isPattern, !FileManager.default.fileExists(atPath: path.url.path) else { return [path.url] }
      var found = glob_t()
      defer { globfree(&found) }
      guard glob(path.description, GLOB_TILDE, nil, &found) == 0, found.gl_pathc > 0 else {
        throw FathomError(.notFound, at: path.description, "no file is named so", mend: "check the pattern")
      }
      return (0..<Int(found.gl_pathc)).map { URL(fileURLWithPath: String(cString: found.gl_pathv[$0]!)) }
    }
  }

  /// As reports name them.
  var name: String {
    guard let first else { return "" }
    let name = first.description == "-" ? "standard input" : first.name
    return count == 1 ? name : "\(name) and \(count - 1) more"
  }

  var readsStandardInput: Bool { contains { $0.description == "-" } }
}

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
  @Option(
    parsing: .upToNextOption,
    help: """
      Training data: CSV, TSV, JSON, Parquet or Arrow, also compressed; a folder; several files, patterns, \
      hf:NAME[:CONFIG][:SPLIT] at Hugging Face, or - for standard input.
      """)
  var train: [PathArgument]

  @Option(
    help: """
      What is learned: single (one class per text), multi-label (any number of labels) or regression (numbers).
      """)
  var task = TaskName.single

  @Option(
    parsing: .upToNextOption,
    help: "Test data, in the same forms (default: a share of the training examples).")
  var test: [PathArgument] = []

  @Option(
    parsing: .upToNextOption,
    help: "Validation data of your own (default: a share of the training examples).")
  var validation: [PathArgument] = []

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
    if shared.columns.labelColumns != nil, task == .single {
      throw ValidationError("--label-columns are of --task multi-label or regression: give --label-column")
    }
    if !validation.isEmpty, validationShare != nil {
      throw ValidationError("--validation brings a set of its own: give no --validation-share")
    }
    if !test.isEmpty, testShare != nil {
      throw ValidationError("--test brings a set of its own: give no --test-share")
    }
    guard [train, test, validation].count(where: \.readsStandardInput) <= 1 else {
      throw ValidationError("standard input can be read once only: give a file for one of the sets")
    }
  }

  /// Refuses what would have no effect.
  func check(selection: TrainingOptions.Selection) throws {
    guard selection != .validation else { return }
    for (flag, isGiven) in [
      ("--validation", !validation.isEmpty), ("--validation-share", validationShare != nil),
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

  /// - Parameter output: what the command writes.
  func load(beside output: PathArgument? = nil) throws -> Sets {
    func read(_ paths: [PathArgument], _ split: CorpusReader.Split, classes: [String]?) throws -> DataSet? {
      if paths.isEmpty { return nil }
      return try shared.columns.load(paths, split, task: task, classes: classes, beside: output)
    }
    try refuseShared(validation, .validation, .validation)
    try refuseShared(test, .test, .test)
    let training = try read(train, .train, classes: nil)!
    let own = try read(validation, .validation, classes: training.classes)
    let pool = training.limited(to: limit, seed: splitSeed)
    if let testing = try read(test, .test, classes: training.classes) {
      return Sets(
        train: pool, validation: own, test: testing.limited(to: shared.testLimit, seed: splitSeed))
    }
    let (rest, testing) = pool.split(validationShare: testShare ?? 0.2, seed: splitSeed &+ 1)
    guard testing.count > 0, rest.count > 0 else {
      let share = testShare ?? 0.2
      throw FathomError(
        .data, at: train.name,
        "\(pool.count) examples at a share of \(share) leave none to \(rest.count == 0 ? "learn from" : "test on")",
        mend: rest.count == 0
          ? "bring more, or lower \(.testShare)" : "bring more, a \(.test), or raise \(.testShare)")
    }
    return Sets(
      train: rest, validation: own, test: testing.limited(to: shared.testLimit, seed: splitSeed))
  }

  /// Refuses a set that holds a file of the training data, under whatever name: what was learned by heart
  /// would be measured.
  private func refuseShared(
    _ paths: [PathArgument], _ split: CorpusReader.Split, _ setting: Setting
  ) throws {
    func files(_ paths: [PathArgument], _ split: CorpusReader.Split) throws -> [(url: URL, size: Int)] {
      try paths.dataURLs(split).compactMap { url in
        var information = stat()
        guard url != CorpusReader.standardInput, stat(url.path, &information) == 0,
          information.st_mode & S_IFMT == S_IFREG, information.st_size > 0
        else { return nil }
        return (url, Int(information.st_size))
      }
    }
    if paths.isEmpty { return }
    let own = try files(train, .train)
    for file in try files(paths, split) {
      for other in own where other.size == file.size {
        guard try FileDigest.sha256(of: other.url) == FileDigest.sha256(of: file.url) else { continue }
        throw FathomError(
          .data, at: file.url.path,
          "\(setting) has the same content as \(other.url.lastPathComponent) of \(.train)",
          mend: "give other examples, or leave \(setting) out: a share of the training examples is set aside")
      }
    }
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
