import ArgumentParser
import Encoder
import Classification
import Corpus
import Files
import Foundation
import Torch
import Training
import WordPiece

extension TrainingOptions.Precision: ExpressibleByArgument {}
extension TrainingOptions.Selection: ExpressibleByArgument {}
extension TrainingOptions.Schedule: ExpressibleByArgument {}
extension EncoderPooler: ExpressibleByArgument {}
extension Metric: ExpressibleByArgument {}
extension TextCleaning: ExpressibleByArgument {}

/// How the engine runs.
struct EngineArguments: ParsableArguments {
  @Option(help: "cpu, cuda, cuda:N, mps, or auto (a GPU where there is one).")
  var device = "cpu"

  @Option(help: "fp32, or bf16 (faster where the processor or GPU multiplies it).")
  var precision = TrainingOptions.Precision.fp32

  @OptionGroup var processor: ThreadArguments

  /// Sets the engine up and returns the device.
  func apply() throws -> Device {
    processor.apply()
    let device = try Device(device)
    if precision == .bf16, device == .cpu, !Engine.hasFastBFloat16 {
      Output.note("note: this processor has no bf16 instructions: fp32 will be faster")
    }
    return device
  }
}

/// What train and study share.
struct TrainingArguments: ParsableArguments {
  @Option(help: "Epochs at most.", in: .from(1, to: 100_000))
  var epochs: Int?

  @Option(help: "Examples per update.", in: .from(1, to: 1_000_000))
  var batchSize: Int?

  @Option(help: "Parts each batch is cut into, to save memory.", in: .from(1, to: 1_000_000))
  var accumulation = 1

  @Option(help: "Learning rate of the BERT weights.", in: .from(0))
  var bertLr = 3e-5

  @Option(help: "Learning rate of everything on top.", in: .from(0))
  var headLr = 1e-3

  @Option(help: "Weight decay of the BERT weights.", in: .from(0))
  var weightDecay = 0.01

  @Option(help: "AdamW's decay rate of the first moment.", in: .from(0, below: 1))
  var beta1 = 0.9

  @Option(help: "AdamW's decay rate of the second moment.", in: .from(0, below: 1))
  var beta2 = 0.999

  @Option(help: "AdamW's epsilon.", in: .above(0, below: 1))
  var epsilon = 1e-8

  @Option(help: "constant or linear (falls to 0).")
  var schedule = TrainingOptions.Schedule.constant

  @Option(help: "Share of the steps in which the rate rises from 0.", in: .from(0, to: 1))
  var warmup = 0.0

  @Option(help: "Clip the gradients' joint norm to this (default: no clipping).", in: .above(0))
  var clipNorm: Double?

  @Option(help: "Stop after so many epochs without a better one (default: never).", in: .from(1, to: 100_000))
  var patience: Int?

  @Option(help: "validation; test: the 2019 protocol, whose figures are optimistic; or last: no choice.")
  var selectOn: TrainingOptions.Selection?

  @Option(
    help: """
      What makes an epoch, and a model, the best: accuracy, macro-f1, micro-f1, sample-f1, mcc, auc, loss; pearson, \
      spearman, mae, rmse, r2 of numbers (default: accuracy; micro-f1 of several labels, pearson of numbers).
      """)
  var metric: Metric?

  @OptionGroup var loss: LossArguments

  @Option(
    help: """
      What is done to a text first: markup (<br /> becomes a space), markup-2019 (it goes) or none (default: \
      markup).
      """)
  var cleaning: TextCleaning?

  @Option(
    help: "Tokens per text, with [CLS] and [SEP] (default: 256, or what the model allows).",
    in: .from(3, to: 1_000_000))
  var maxLength: Int?

  @OptionGroup var truncation: TruncationArguments

  @Option(help: "Dropout before the linear layer.", in: .from(0, below: 1))
  var dropout = 0.2

  @Option(
    help: "Dropout of BERT's hidden states while training (default: what config.json says).",
    in: .from(0, below: 1))
  var bertDropout: Double?

  @Option(
    help: "Dropout of BERT's attention while training (default: what config.json says).",
    in: .from(0, below: 1))
  var attentionDropout: Double?

  @Option(help: "Pooler of VA: pretrained or reinitialized.")
  var pooler = EncoderPooler.pretrained

  @OptionGroup var engine: EngineArguments

  func validate() throws {
    guard accumulation <= batchSize ?? .max else {
      throw ValidationError("--accumulation cuts a batch into parts: it cannot be more than --batch-size")
    }
    guard pooler == .pretrained || pooler == .reinitialized else {
      throw ValidationError("--pooler is pretrained or reinitialized")
    }
  }

  /// What the user gave a value of the settings that a slip of 2019 may give one, too.
  var given: Set<Setting> {
    let settings: [(Setting, Bool)] = [
      (.epochs, epochs != nil), (.metric, metric != nil), (.cleaning, cleaning != nil),
      (.bertDropout, bertDropout != nil), (.attentionDropout, attentionDropout != nil),
    ]
    return Set(settings.filter(\.1).map(\.0))
  }

  /// - Parameter data: the training examples, whose task and classes the loss and the metric are of.
  func options(seed: UInt64, for data: DataSet) throws -> TrainingOptions {
    let kind = data.kind
    let metric = metric ?? .usual(in: kind)
    guard Metric.available(in: kind).contains(metric) else {
      let known = Metric.available(in: kind).map(\.rawValue).joined(separator: ", ")
      throw ValidationError(
        "--metric \(metric.rawValue) is none of --task \(TaskName(kind).rawValue): use \(known)")
    }
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
    (options.loss, options.decision) = try loss.options(for: data)
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
  func length(for model: @autoclosure () throws -> any EncoderConfig, default usual: Int = 256) rethrows
    -> Int
  {
    try maxLength ?? min(usual, model().maximumPositions)
  }

  /// Refuses what would have no effect on a variant.
  func check(_ variant: Variant) throws {
    let hasBERT = variant.encoder != .newEmbedding
    let flags = [
      ("--bert-dropout", bertDropout != nil && !hasBERT),
      ("--attention-dropout", attentionDropout != nil && variant.blockCount == 0),
      ("--pooler", pooler != .pretrained && variant.head != .pooled),
    ]
    for (flag, isIdle) in flags where isIdle {
      throw ValidationError("\(flag) has no effect on a \(variant): leave it out")
    }
  }

  /// A job on these settings.
  func job(
    model: ModelArgument, variant: Variant, data: TrainingData, options: TrainingOptions, length: Int
  ) throws
    -> TrainingJob
  {
    let text = TextSettings(
      maximumLength: length, truncation: try truncation.value, cleaning: cleaning ?? .markup)
    var job = try TrainingJob(
      model: model.folder(), variant: variant, data: data, options: options, text: text)
    job.modelName = model.name
    job.network = NetworkSettings(
      dropout: dropout, bertDropout: bertDropout, attentionDropout: attentionDropout, pooler: pooler)
    return job
  }
}
