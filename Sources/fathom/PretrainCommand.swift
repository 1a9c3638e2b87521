import Files
import ArgumentParser
import Encoder
import Checkpoint
import Corpus
import Foundation
import Torch
import Training
import WordPiece

struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Masked-language modelling: a new small BERT, or more of it for one you have.",
    usage: "fathom pretrain --text <text> ... --out <out> [<options>]",
    discussion: """
      EXAMPLES
        fathom pretrain --model bert-base-cased --text my-domain.txt \\
          --out bert-my-domain
        fathom pretrain --text corpus.txt --blocks 4 --hidden 128 --heads 4 \\
          --vocabulary-size 4000 --learning-rate 1e-3 --out tiny
      """)

  @Option(help: "A BERT to go on with, a folder or a name; without it a new one is made.")
  var model: ModelArgument?

  @Option(help: "Unlabelled text, one passage a line (repeat for several files).")
  var text: [PathArgument]

  @Option(help: "The folder for the model.")
  var out: PathArgument

  @Option(help: "Blocks of a new model.", in: .from(1, to: 1000))
  var blocks = 4

  @Option(help: "Hidden size of a new model.", in: .from(1, to: 65_536))
  var hidden = 128

  @Option(help: "Attention heads of a new model.", in: .from(1, to: 65_536))
  var heads = 4

  @Option(help: "Pieces of a new vocabulary at most.", in: .from(10, to: 10_000_000))
  var vocabularySize = 8000

  @Flag(help: "A new vocabulary keeps case.")
  var cased = false

  @Option(help: "Dropout of a new model.", in: .from(0, below: 1))
  var dropout = 0.1

  @Option(help: "Epochs.", in: .from(1, to: 100_000))
  var epochs = 3

  @Option(help: "Passages per update.", in: .from(1, to: 1_000_000))
  var batchSize = 32

  @Option(help: "Peak learning rate; it rises over the first 5 % of the steps and falls to 0.", in: .above(0))
  var learningRate = 1e-4

  @Option(help: "Share of the passages that are held out to measure the loss on.", in: .from(0, below: 1))
  var heldOutShare = 0.05

  @Option(
    help: "Tokens per sequence, with [CLS] and [SEP]; a longer passage becomes several.",
    in: .from(3, to: 1_000_000))
  var maxLength = 128

  @Option(help: "Seed of everything that is drawn.", in: .seed)
  var seed: UInt64 = 1

  @OptionGroup var engine: EngineArguments

  @Flag(help: "Go on where a stopped run in --out was.")
  var resume = false

  @Flag(help: "Replace what is in --out.")
  var overwrite = false

  func validate() throws {
    guard hidden.isMultiple(of: heads) else {
      throw ValidationError("--hidden must be a multiple of --heads")
    }
  }

  func run() throws {
    let device = try engine.apply()
    let folder = out.url
    let claim = try RunFolder(folder, resume: resume, overwrite: overwrite)
    defer { withExtendedLifetime(claim) {} }
    let texts = try text.flatMap(lines)
    RandomState.seed(seed)
    let (mlm, tokenizer) = try makeModel(texts)
    let pretrainer = try Pretrainer(
      mlm, tokenizer, options(mlm), device: device, passages: texts, modelDigest: modelDigest(),
      folder: folder)
    claim.clear()
    Output.note(
      "\(pretrainer.trained) passages to learn from, \(pretrainer.heldOut) held out, in \(pretrainer.sequenceCount) "
        + "sequences of at most \(min(maxLength, mlm.bert.config.maximumPositions)) tokens")
    Interrupts.listen()
    let display = ProgressDisplay("pretrain", quiet: false)
    do {
      let epochs = try pretrainer.run { event in
        display.show(event)
        return Interrupts.continuation
      }
      try show(epochs)
    } catch let stop as Trainer.Interrupted {
      display.clear()
      Output.note("\(stop): run the same command with --resume to go on")
      throw ExitCode(130)
    }
  }

  private func options(_ mlm: MaskedLanguageModel) -> Pretrainer.Options {
    var options = Pretrainer.Options()
    options.epochs = epochs
    options.batchSize = batchSize
    options.learningRate = learningRate
    options.maximumLength = min(maxLength, mlm.bert.config.maximumPositions)
    options.heldOutShare = heldOutShare
    options.seed = seed
    options.precision = engine.precision
    return options
  }

  /// Of the model that goes on, or of what a new one is made from.
  private func modelDigest() throws -> String {
    if let model { return try ModelIdentity.digest(of: model.folder()) }
    return "new \(blocks) \(hidden) \(heads) \(vocabularySize) \(cased) \(dropout)"
  }

  private func show(_ epochs: [EpochRecord]) throws {
    guard let last = epochs.last else { return }
    let loss = last.heldOutLoss ?? last.trainLoss
    let which = last.heldOutLoss == nil ? "masked-token loss" : "held-out masked-token loss"
    try Output.line(
      String(format: "%@ %.3f (perplexity %.1f); model in %@", which, loss, exp(loss), out.description))
  }

  private func makeModel(_ texts: [String]) throws -> (MaskedLanguageModel, any Tokenizing) {
    if let model {
      let folder = try model.folder()
      let checkpoint = try Checkpoint(folder: folder)
      let mlm = try MaskedLanguageModel(checkpoint)
      if mlm.headIsNew { Output.note("\(model) has no masked-token head: a fresh one is trained") }
      let tokenizer = try Tokenizer(folder: folder, modelStates: checkpoint.config.tokenizerClass)
      guard tokenizer.tokenCount <= mlm.bert.config.vocabularySize else {
        throw FathomError(
          .mismatch, at: model.description, "the vocabulary is larger than config.json says",
          mend: "bring the vocab.txt that belongs to the model")
      }
      return (mlm, tokenizer)
    }
    let normalisation = TokenizerOptions(lowercases: !cased)
    let vocabulary = VocabularyTrainer.train(WordCounts(texts, options: normalisation), size: vocabularySize)
    let config = BERTConfig(
      vocabularySize: vocabulary.tokens.count, hiddenSize: hidden, blockCount: blocks, headCount: heads,
      intermediateSize: 4 * hidden, hiddenDropout: dropout, attentionDropout: dropout,
      maximumPositions: maxLength)
    return (MaskedLanguageModel(new: config), try Tokenizer(vocabulary, options: normalisation))
  }

  private func lines(_ path: PathArgument) throws -> [String] {
    try PassageReader(path.url).all().map(\.text)
  }
}
