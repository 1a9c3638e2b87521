import Files
import ArgumentParser
import Encoder
import Classification
import Corpus
import Files
import Foundation
import Report
import Study
import Training

struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Compare depths and heads, and recommend the smallest model that does the job.",
    usage: "fathom study --model <model> --train <train> --out <out> [<options>]",
    discussion: """
      Prints the table; writes results.csv, accuracy.svg, report.html and every model to --out. A study that was \
      stopped goes on where it was when the same command is given again.

      EXAMPLES
        fathom study --model bert-base-cased --train t.csv --test v.csv \\
          --variants 1VA,2VA,3VA,baseline-custom --out study
        fathom study --model bert-base-cased --train aclImdb --test aclImdb \\
          --preset imdb-2019 --out imdb
      """)

  enum Preset: String, ExpressibleByArgument, CaseIterable {
    case fair
    case imdb2019 = "imdb-2019"
  }

  @Option(help: "A pretrained BERT: its folder, or its name at Hugging Face.")
  var model: ModelArgument

  @OptionGroup var data: TrainingDataArguments

  @Option(help: "Variants with commas (default: VA at every depth and both baselines).")
  var variants: String?

  @Option(
    help: """
      fair: the same settings for all; imdb-2019: the rows and the protocol of the study of 2019, the slips of its code \
      mended.
      """)
  var preset = Preset.fair

  @Flag(help: "With --preset imdb-2019: do as that study's code did, slips included, and name them.")
  var asPublished = false

  @Option(
    help: ArgumentHelp(
      "Some of these slips alone, by name with commas: \(PublishedSlip.all.map(\.name).joined(separator: ", ")).",
      valueName: "names"))
  var slips: String?

  @Option(help: "Runs of each variant.", in: .from(1, to: 1000))
  var seeds = 1

  @Option(help: "The first seed.", in: .seed)
  var seed: UInt64 = 1

  @Option(help: "Run it on fewer training examples first, numbers with commas: gives the learning curve.")
  var trainSizes: String?

  @Option(
    help: ArgumentHelp(
      "Cross-validate: cut the training examples into so many folds, each the validation set of one run.",
      valueName: "k"), in: .from(2, to: 100))
  var folds: Int?

  @Flag(help: "Try runs again that failed before.")
  var retryFailed = false

  @Option(help: "The study's folder.")
  var out: PathArgument

  @OptionGroup var training: TrainingArguments

  @OptionGroup var requirements: RequirementArguments

  @Flag(help: "Print the results as one JSON object.")
  var json = false

  @Flag(help: "Write each run's epochs as TensorBoard event files too, to --out/tensorboard.")
  var tensorboard = false

  @Flag(help: "No progress.")
  var quiet = false

  func validate() throws {
    guard !seed.addingReportingOverflow(UInt64(seeds - 1)).overflow else {
      throw ValidationError("--seed \(seed) leaves no room for \(seeds) seeds: choose a smaller one")
    }
    if folds != nil, !data.validation.isEmpty || data.validationShare != nil || training.selectOn == .test {
      throw ValidationError(
        "--folds validates on the training examples: give no --validation, --validation-share or --select-on test"
      )
    }
    try data.check(selection: training.selectOn ?? (preset == .imdb2019 ? .test : .validation))
    if training.selectOn == .last {
      throw ValidationError(
        "--select-on last leaves a study nothing to choose models on: use validation or test")
    }
    if folds != nil, preset == .imdb2019 {
      throw ValidationError("--preset imdb-2019 chose its epochs on the test set: it has no --folds")
    }
    guard preset == .imdb2019 || !asPublished && slips == nil else {
      throw ValidationError("--as-published and --slips belong to --preset imdb-2019")
    }
    guard slips == nil || !asPublished else {
      throw ValidationError("--as-published is all of the slips: leave --slips out, or name some")
    }
    let chosen = try namingFlags { try publishedSlips() }
    for slip in chosen {
      for setting in slip.settings.sorted(by: { $0.rawValue < $1.rawValue })
      where training.given.contains(setting) {
        throw ValidationError(
          "\(Flags.name(setting)) cannot be chosen with \(slip.name), which sets it: leave one of them out"
            + (asPublished ? " (--slips names single ones)" : ""))
      }
      if slip.name == "dropout-in-testing", training.dropout == 0 {
        throw ValidationError("--dropout 0 leaves nothing to dropout-in-testing: leave one of them out")
      }
    }
    if training.selectOn == .validation, chosen.contains(where: { $0.name == "lowest-test-loss" }) {
      throw ValidationError("lowest-test-loss selects on the test set: give no --select-on validation")
    }
    for (flag, list) in [("--variants", variants), ("--train-sizes", trainSizes), ("--slips", slips)] {
      guard list?.commaList.isEmpty != true else { throw ValidationError("\(flag) is empty: leave it out") }
    }
  }

  func run() throws {
    let folder = out.url
    let lock = try RunFolder(folder)
    defer { withExtendedLifetime(lock) {} }
    _ = try model.folder()  // a model that is not there is said before the data are read
    let sets = try data.load(beside: out)
    let encoder = try EncoderRegistry.config(folder: model.folder())
    let plan = try makePlan(sets, encoder)
    let sizes = try sizes(below: sets.train.count).map {
      (size: $0, plan: try makePlan(sets, encoder, size: $0))
    }
    if preset == .imdb2019, !quiet { try explainPreset(encoder) }
    Interrupts.listen()
    for (size, plan) in sizes {
      _ = try run(plan, in: Study.folder(size: size, in: folder), title: "\(size) examples ")
    }
    var result = try run(plan, in: folder)
    result.requirements = requirements.value
    let final = try trainFinal(result, plan, sets, in: folder)
    let files = try StudyFiles.write(result, to: folder)
    if json {
      try printJSON(result, final)
    } else {
      try Output.line(StudyTable(result).text)
      if let final { try Output.line(final.sentence(out.description) + "\n") }
      try Output.line(files.map { "\(out)/\($0)" }.joined(separator: "\n"))
    }
    if !result.failures.isEmpty {
      Output.note("\(result.failures.count) runs failed: see fathom runs list \(out)")
      throw ExitCode.failure
    }
  }

  /// The recommended model of a cross-validation, trained on all training examples.
  private struct FinalModel {
    let record: RunRecord
    let examples: Int

    func sentence(_ out: String) -> String {
      String(
        format:
          "%@/final: the recommended %@, trained on all %d training examples for %d epochs, as many as were "
          + "best in the middle of its folds; %.2f %% on the test set.",
        out, record.variant, examples, record.epochs.count, record.test.accuracy * 100)
    }
  }

  private func trainFinal(
    _ result: StudyResult, _ plan: StudyPlan, _ sets: TrainingDataArguments.Sets, in folder: URL
  ) throws -> FinalModel? {
    guard !plan.folds.isEmpty, let chosen = result.recommendation?.recommended else { return nil }
    let all = try data.trainingData(sets, selection: .last)
    let job = plan.finalJob(chosen.variant, peakEpochs: chosen.runs.map(\.peakEpoch), data: all)
    let display = ProgressDisplay("[final] \(chosen.variant)", quiet: quiet)
    defer { display.clear() }
    do {
      let trained = try Study(plan, in: folder).trainFinal(job) { event in
        display.show(event)
        return Interrupts.continuation
      }
      return FinalModel(record: trained.record, examples: all.train.count)
    } catch is Trainer.Interrupted {
      display.clear()
      throw stopped()
    }
  }

  /// Says how to go on after Ctrl-C.
  private func stopped() -> ExitCode {
    Output.note("stopped; what is finished is in \(out): give the same command again to go on")
    return ExitCode(130)
  }

  private func run(_ plan: StudyPlan, in folder: URL, title: String = "") throws -> StudyResult {
    var display = ProgressDisplay("", quiet: quiet)
    defer { display.clear() }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
      return try Study(plan, in: folder).run(
        tensorBoard: tensorboard ? folder.appendingPathComponent("tensorboard") : nil,
        retryFailed: retryFailed,
        begin: { run, number, count, beginning in
          display.clear()
          let fold = run.fold.map { " fold \($0 + 1)" } ?? ""
          let name = "\(title)[\(number)/\(count)] \(run.variant) seed \(run.seed)\(fold)"
          display = ProgressDisplay(name, quiet: quiet)
          switch beginning {
          case .starts: break
          case .isFinished: if !quiet { Output.note("\(name): finished before") }
          case .hasFailed(let reason):
            Output.note("\(name): failed before (\(Flags.named(reason))); --retry-failed tries it again")
          }
        },
        failed: { run, error in
          display.clear()
          Output.note("\(run.name) failed, the others go on: \(error.description(naming: Flags.name))")
        },
        progress: { event in
          display.show(event)
          return Interrupts.continuation
        })
    } catch is Trainer.Interrupted {
      display.clear()
      throw stopped()
    }
  }

  private func sizes(below count: Int) throws -> [Int] {
    guard let trainSizes else { return [] }
    return try trainSizes.commaList.map { text in
      guard let size = Int(text), size >= 2, size < count else {
        throw ValidationError(
          "--train-sizes '\(text)': write numbers from 2 to below the \(count) training examples")
      }
      return size
    }.sorted()
  }

  private func makePlan(
    _ sets: TrainingDataArguments.Sets, _ encoder: any EncoderConfig, size: Int? = nil
  ) throws -> StudyPlan {
    var options = try training.options(seed: seed, for: sets.train)
    if preset == .imdb2019 {
      options.selection = training.selectOn ?? .test
      options.epochs = training.epochs ?? IMDB2019.epochs
    }
    let length = training.length(for: encoder, default: preset == .imdb2019 ? IMDB2019.maximumLength : 256)
    let folds = try self.folds.map { try data.folds($0, sets, size: size) } ?? []
    let split = try folds.first ?? data.trainingData(sets, size: size, selection: options.selection)
    let job = try training.job(
      model: model, variant: .baselineCustom, data: split, options: options, length: length)
    var plan = try StudyPlan(variants: names(encoder).map(Variant.init), seeds: seeds, template: job)
    plan.folds = folds
    try plan.check(encoder)
    if preset == .imdb2019 {
      let slips = try publishedSlips()
      plan.adjust = { job in
        job.options.batchSize = training.batchSize ?? IMDB2019.batchSize(blocks: job.variant.blockCount)
        job.apply(slips)
      }
    }
    return plan
  }

  private func names(_ encoder: any EncoderConfig) throws -> [String] {
    if let variants { return variants.commaList }
    let depth = encoder.blockCount
    if preset == .imdb2019 { return try IMDB2019.variants(blocks: depth).run.map(\.description) }
    return (1...max(depth, 1)).map { "\($0)VA" } + ["baseline-bert", "baseline-custom"]
  }

  private func publishedSlips() throws -> [PublishedSlip] {
    asPublished ? PublishedSlip.all(epochs: training.epochs) : try PublishedSlip.named(slips?.commaList ?? [])
  }

  /// Says what of the study of 2019 is not run, and which of its slips are.
  private func explainPreset(_ encoder: any EncoderConfig) throws {
    let depth = encoder.blockCount
    let leftOut = try IMDB2019.variants(blocks: depth).leftOut
    if variants == nil, !leftOut.isEmpty {
      let names = leftOut.map(\.description).joined(separator: ", ")
      Output.note("imdb-2019 leaves out \(names): the model has \(depth) block\(depth == 1 ? "" : "s")")
    }
    let slips = try publishedSlips()
    for slip in slips { Output.note("as published, \(slip.name): \(slip.what)") }
    if slips.isEmpty { Output.note("imdb-2019 with the slips of its code mended; --as-published keeps them") }
  }

  private func printJSON(_ result: StudyResult, _ final: FinalModel?) throws {
    let encoder = JSONEncoder()
    let runs = try result.results.flatMap(\.runs).map {
      try JSONSerialization.jsonObject(with: encoder.encode($0))
    }
    let conclusion = result.conclusion
    let recommendation = try conclusion.recommendation.map {
      try JSONSerialization.jsonObject(with: encoder.encode($0))
    }
    try Output.json([
      "runs": runs,
      "recommended": conclusion.recommendation?.recommended.variant.description as Any? ?? NSNull(),
      "best": conclusion.recommendation?.best.variant.description as Any? ?? NSNull(),
      "recommendation": recommendation ?? NSNull(), "conclusion": conclusion.sentence,
      "selected_on": result.selectedOnTest ? "test" : "validation",
      "final": final.map {
        ["folder": "\(out)/final", "variant": $0.record.variant, "epochs": $0.record.epochs.count]
      }
        as Any? ?? NSNull(),
      "as_published": try publishedSlips().map(\.name),
      "failed": result.failures.map { ["run": $0.name, "reason": Flags.named($0.reason ?? "")] },
    ])
  }
}
