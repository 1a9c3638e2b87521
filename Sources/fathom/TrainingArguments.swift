import ArgumentParser
import Encoder
import Classification
import Foundation
import Torch
import Training
import WordPiece

extension TrainingOptions.Precision: ExpressibleByArgument {}
extension TrainingOptions.Selection: ExpressibleByArgument {}
extension TrainingOptions.Schedule: ExpressibleByArgument {}
extension BERTModel.PoolerStart: ExpressibleByArgument {}
extension Metric: ExpressibleByArgument {}
extension TextCleaning: ExpressibleByArgument {}

/// How the engine runs.
struct EngineArguments: ParsableArguments {
  @Option(help: "cpu, cuda, cuda:N, mps, or auto (a GPU where there is one).")
  var device = "cpu"

  @Option(help: "fp32, or bf16 (faster where the processor or GPU multiplies it).")
  var precision = TrainingOptions.Precision.fp32

  @Option(help: "CPU threads (default: one a physical core).")
  var threads: Int?

  /// Sets the engine up and returns the device.
  func apply() throws -> Device {
    Engine.keepFreedMemory()
    if let threads {
      guard threads >= 1 else { throw ValidationError("--threads must be 1 at least") }
      Engine.threadCount = threads
    } else {
      Engine.useAllCores()
    }
    let device = try Device(device)
    if precision == .bf16, device == .cpu, !Engine.hasFastBFloat16 {
      Output.note("note: this processor has no bf16 instructions: fp32 will be faster")
    }
    return device
  }
}

/// What train and study share.
struct TrainingArguments: ParsableArguments {
  @Option(help: "Epochs at most.")
  var epochs: Int?

  @Option(help: "Examples an update.")
  var batchSize: Int?

  @Option(help: "Parts each batch is cut into, to save memory.")
  var accumulation = 1

  @Option(help: "Learning rate of the BERT weights.")
  var bertLr = 3e-5

  @Option(help: "Learning rate of everything on top.")
  var headLr = 1e-3

  @Option(help: "Weight decay of the BERT weights.")
  var weightDecay = 0.01

  @Option(help: "AdamW's decay rate of the first moment.")
  var beta1 = 0.9

  @Option(help: "AdamW's decay rate of the second moment.")
  var beta2 = 0.999

  @Option(help: "AdamW's epsilon.")
  var epsilon = 1e-8

  @Option(help: "constant or linear (falls to 0).")
  var schedule = TrainingOptions.Schedule.constant

  @Option(help: "Share of the steps in which the rate rises from 0.")
  var warmup = 0.0

  @Option(help: "Clip the gradients' joint norm to this (default: no clipping).")
  var clipNorm: Double?

  @Option(help: "Stop after so many epochs without a better one (default: never).")
  var patience: Int?

  @Option(help: "validation, or test: the 2019 protocol, whose figures are optimistic.")
  var selectOn: TrainingOptions.Selection?

  @Option(help: "What makes an epoch the best: accuracy, macro-f1 or loss.")
  var metric = Metric.accuracy

  @Option(
    help: "What is done to a text first: markup (<br /> becomes a space), markup-2019 (it goes) or none.")
  var cleaning = TextCleaning.markup

  @Option(help: "Tokens per text, with [CLS] and [SEP] (default: 256, or what the model allows).")
  var maxLength: Int?

  @Option(help: "Which part of a long text is kept: head, tail or head+tail.")
  var truncation = "head"

  @Option(help: "Share of the room that the head gets in head+tail.")
  var headShare = 0.5

  @Option(help: "Dropout before the linear layer.")
  var dropout = 0.2

  @Option(help: "Dropout of BERT's hidden states while training (default: what config.json says).")
  var bertDropout: Double?

  @Option(help: "Dropout of BERT's attention while training (default: what config.json says).")
  var attentionDropout: Double?

  @Option(help: "Pooler of VA: pretrained or reinitialized.")
  var pooler = BERTModel.PoolerStart.pretrained

  @OptionGroup var engine: EngineArguments

  func validate() throws {
    guard epochs ?? 1 >= 1, batchSize ?? 1 >= 1, accumulation >= 1, patience ?? 1 >= 1 else {
      throw ValidationError("--epochs, --batch-size, --accumulation and --patience must be 1 at least")
    }
    guard bertLr >= 0, headLr >= 0, weightDecay >= 0, (0...1).contains(warmup), (0..<1).contains(dropout)
    else {
      throw ValidationError("rates must not be negative, --warmup lies from 0 to 1, --dropout below 1")
    }
    guard [bertDropout, attentionDropout].allSatisfy({ (0..<1).contains($0 ?? 0) }) else {
      throw ValidationError("--bert-dropout and --attention-dropout lie from 0 to below 1")
    }
    guard (0..<1).contains(beta1), (0..<1).contains(beta2), epsilon > 0, epsilon < 1 else {
      throw ValidationError("--beta1 and --beta2 lie from 0 to below 1, --epsilon between 0 and 1")
    }
    guard pooler != .none else { throw ValidationError("--pooler is pretrained or reinitialized") }
    guard maxLength ?? 3 >= 3 else { throw ValidationError("--max-length must be 3 at least") }
  }

  func options(seed: UInt64) throws -> TrainingOptions {
    var options = TrainingOptions()
    if let epochs { options.epochs = epochs }
    if let batchSize { options.batchSize = batchSize }
    options.accumulation = accumulation
    options.bertLearningRate = bertLr
    options.headLearningRate = headLr
    options.weightDecay = weightDecay
    options.beta1 = beta1
    options.beta2 = beta2
    options.epsilon = epsilon
    options.metric = metric
    options.schedule = schedule
    options.warmup = warmup
    options.clipNorm = clipNorm
    options.patience = patience
    if let selectOn { options.selection = selectOn }
    options.seed = seed
    options.precision = engine.precision
    options.device = try engine.apply()
    return options
  }

  /// The length asked for, or the default where the model has that many positions.
  func length(for model: String, default usual: Int = 256) throws -> Int {
    try maxLength ?? min(usual, BERTConfig(folder: URL(fileURLWithPath: model)).maximumPositions)
  }

  /// A job on these settings.
  func job(model: String, variant: Variant, data: TrainingData, options: TrainingOptions, length: Int) throws
    -> TrainingJob
  {
    let text = TextSettings(
      maximumLength: length, truncation: try Truncation(truncation, headShare: headShare), cleaning: cleaning)
    var job = try TrainingJob(
      model: URL(fileURLWithPath: model), variant: variant, data: data, options: options, text: text)
    job.network = NetworkSettings(
      dropout: dropout, bertDropout: bertDropout, attentionDropout: attentionDropout, pooler: pooler)
    return job
  }
}
