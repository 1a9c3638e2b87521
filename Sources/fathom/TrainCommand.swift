import Files
import ArgumentParser
import Classification
import Encoder
import Checkpoint
import Foundation
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Fine-tune one variant.",
    usage: "fathom train --model <model> --train <train> --variant <variant> ...",
    discussion: """
      The best epoch's model goes to --out in the Hugging Face layout, with run.json beside it.

      EXAMPLES
        fathom train --model bert-base-cased --train aclImdb --test aclImdb \\
          --variant 3VA --out model
        fathom train --model bert-base-cased --train t.csv --test v.csv \\
          --variant VA --block-list 0,2,4 --out model
      """)

  @Option(help: "A pretrained BERT: its folder, or its name at Hugging Face.")
  var model: ModelArgument

  @OptionGroup var data: TrainingDataArguments

  @Option(help: "3VA, 2LBD, 3LV:last, 6VA:alternating, VA:0+2+4, baseline-custom, baseline-bert, …")
  var variant: String

  @Option(help: "Which blocks K means: first, last or alternating.")
  var from: BlockOrder?

  @Option(help: "An explicit list of blocks instead of K, such as 0,2,4.", transform: BlockList.parse)
  var blockList: [Int]?

  @Option(help: "The folder for the model.")
  var out: PathArgument

  @Option(help: "Seed of the head's weights, the order of the examples and dropout.", in: .seed)
  var seed: UInt64 = 1

  @OptionGroup var training: TrainingArguments

  @Flag(help: "Go on where a stopped run in --out was.")
  var resume = false

  @Flag(help: "Replace what is in --out.")
  var overwrite = false

  @Flag(help: "Print the result as one JSON object.")
  var json = false

  @Flag(help: "Write the epochs as TensorBoard event files too, to --out/tensorboard.")
  var tensorboard = false

  @Flag(help: "No progress.")
  var quiet = false

  func validate() throws { try data.check(selection: training.selectOn ?? .validation) }

  func run() throws {
    let chosen = try resolvedVariant()
    try training.check(chosen)
    let folder = out.url
    let claim = try RunFolder(folder, resume: resume, overwrite: overwrite)
    defer { withExtendedLifetime(claim) {} }
    _ = try model.folder()  // a model that is not there is said before the data are read
    let loaded = try data.load(beside: out)
    let options = try training.options(seed: seed, for: loaded.train)
    let sets = try data.trainingData(loaded, selection: options.selection)
    let job = try training.job(
      model: model, variant: chosen, data: sets, options: options,
      length: training.length(for: EncoderRegistry.config(folder: model.folder())))
    claim.clear()
    Interrupts.listen()
    let display = ProgressDisplay(chosen.description, quiet: quiet)
    let result: RunRecord
    do {
      let board = try tensorboard ? TensorBoardWriter(folder.appendingPathComponent("tensorboard")) : nil
      result = try job.run(in: folder) { event in
        if case .epoch(let epoch, _) = event { try board?.add(epoch) }
        display.show(event)
        return Interrupts.continuation
      }
    } catch let stop as Trainer.Interrupted {
      display.clear()
      Output.note("\(stop): run the same command with --resume to go on")
      throw ExitCode(130)
    }
    display.clear()
    try show(result)
  }

  private func resolvedVariant() throws -> Variant {
    var name = variant
    if let blockList {
      let letters = name.drop { $0.isNumber }
      name = "\(letters):" + blockList.map(String.init).joined(separator: "+")
    } else if let from, from != .first {
      name += ":\(from.rawValue)"
    }
    return try Variant(name)
  }

  private func show(_ record: RunRecord) throws {
    if json {
      return try Output.json(flattened(JSONSerialization.jsonObject(with: JSONEncoder().encode(record))))
    }
    let metric = record.settings.training.metric
    let selected =
      record.peak.validation?[metric].map { "validation \(metric.title) \(metric.text($0))" }
      ?? "selected on the test set, as in 2019"
    try Output.line(
      "\(record.variant)  peak epoch \(record.peakEpoch) of \(record.epochs.count)  \(selected)  "
        + "test \(record.test.summary)  (\(record.test.count) examples)")
    try Output.line(
      String(
        format: "%d parameters, %.1f MB, trained in %@ (%.0f tokens/s); model in %@", record.parameters,
        Double(record.sizeBytes) / 1e6, ElapsedTime(record.trainSeconds).description, record.tokensPerSecond,
        out.description))
  }

  /// The settings' values beside the figures, where a script finds them without knowing their groups.
  private func flattened(_ object: Any) -> [String: Any] {
    guard var flat = object as? [String: Any], let settings = flat["settings"] as? [String: Any] else {
      return [:]
    }
    func add(_ values: [String: Any]) {
      for (key, value) in values {
        if let group = value as? [String: Any] { add(group) } else if flat[key] == nil { flat[key] = value }
      }
    }
    add(settings)
    return flat
  }
}
