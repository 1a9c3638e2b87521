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
    discussion: """
      EXAMPLES
        fathom pretrain --model bert-base-cased --text my-domain.txt --out bert-my-domain
        fathom pretrain --text corpus.txt --blocks 4 --hidden 128 --heads 4 --vocabulary-size 4000 --learning-rate 1e-3 --out tiny
      """)

  @Option(help: "A BERT to go on with; without it a new one is made.")
  var model: String?

  @Option(help: "Unlabelled text, one passage a line (repeat for several files).")
  var text: [String]

  @Option(help: "The folder for the model.")
  var out: String

  @Option(help: ArgumentHelp("Blocks of a new model."))
  var blocks = 4

  @Option(help: "Hidden size of a new model.")
  var hidden = 128

  @Option(help: "Attention heads of a new model.")
  var heads = 4

  @Option(help: "Pieces of a new vocabulary at most.")
  var vocabularySize = 8000

  @Flag(help: "A new vocabulary keeps case.")
  var cased = false

  @Option(help: "Dropout of a new model.")
  var dropout = 0.1

  @Option(help: "Epochs.")
  var epochs = 3

  @Option(help: "Passages an update.")
  var batchSize = 32

  @Option(help: "Peak learning rate; it rises over the first 5 % of the steps and falls to 0.")
  var learningRate = 1e-4

  @Option(help: "Tokens a passage, with [CLS] and [SEP].")
  var maxLength = 128

  @Option(help: "Seed of everything that is drawn.")
  var seed: UInt64 = 1

  @OptionGroup var engine: EngineArguments

  @Flag(help: "Go on where a stopped run in --out was.")
  var resume = false

  @Flag(help: "Replace what is in --out.")
  var overwrite = false

  func validate() throws {
    guard blocks >= 1, hidden >= 1, heads >= 1, hidden % heads == 0 else {
      throw ValidationError(
        "--blocks, --hidden and --heads must be 1 at least, and --hidden a multiple of --heads")
    }
    guard epochs >= 1, batchSize >= 1, maxLength >= 3, vocabularySize >= 10, (0..<1).contains(dropout),
      learningRate > 0
    else {
      throw ValidationError(
        "--epochs and --batch-size must be 1 at least, --max-length 3, --vocabulary-size 10")
    }
  }

  func run() throws {
    let device = try engine.apply()
    let folder = URL(fileURLWithPath: out)
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    let state = folder.appendingPathComponent("training-state.safetensors")
    if overwrite {
      try? FileManager.default.removeItem(at: state)
    } else if FileManager.default.fileExists(atPath: state.path)
      ? !resume : FileManager.default.fileExists(atPath: folder.appendingPathComponent("config.json").path)
    {
      throw CheckpointError(
        "\(out) holds a run already: give --resume to go on, --overwrite to start again, or another --out")
    }
    let texts = try text.flatMap(lines)
    RandomState.seed(seed)
    let (mlm, tokenizer) = try makeModel(texts)
    var options = Pretrainer.Options()
    options.epochs = epochs
    options.batchSize = batchSize
    options.learningRate = learningRate
    options.maximumLength = min(maxLength, mlm.bert.config.maximumPositions)
    options.seed = seed
    options.precision = engine.precision
    options.device = device
    Interrupts.listen()
    let pretrainer = try Pretrainer(
      mlm, tokenizer, options, folder: folder, fingerprint: "\(texts.count) \(model ?? "new")")
    let display = ProgressDisplay("pretrain", quiet: false)
    do {
      let losses = try pretrainer.run(texts, report: display.show, shouldStop: { Interrupts.wereReceived })
      Output.line(
        String(
          format: "masked-token loss %.3f (perplexity %.1f); model in %@", losses.last!, exp(losses.last!),
          out))
    } catch let stop as Trainer.Interrupted {
      display.clear()
      Output.note(stop.description)
      throw ExitCode(130)
    }
  }

  private func makeModel(_ texts: [String]) throws -> (MaskedLanguageModel, Tokenizer) {
    if let model {
      let folder = URL(fileURLWithPath: model)
      let checkpoint = try Checkpoint(folder: folder)
      let mlm = MaskedLanguageModel(try BERTModel(checkpoint))
      if try !mlm.loadHead(checkpoint) {
        Output.note("\(model) has no masked-token head: a fresh one is trained")
      }
      let tokenizer = try Tokenizer(folder: folder)
      guard tokenizer.vocabulary.tokens.count <= mlm.bert.config.vocabularySize else {
        throw CheckpointError(
          "\(model): the vocabulary is larger than config.json says: bring the vocab.txt that belongs to the model"
        )
      }
      return (mlm, tokenizer)
    }
    let normalisation = TokenizerOptions(lowercases: !cased)
    let vocabulary = VocabularyTrainer.train(WordCounts(texts, options: normalisation), size: vocabularySize)
    let config = BERTConfig(
      vocabularySize: vocabulary.tokens.count, hiddenSize: hidden, blockCount: blocks, headCount: heads,
      intermediateSize: 4 * hidden, hiddenDropout: dropout, attentionDropout: dropout,
      maximumPositions: maxLength)
    let bert = BERTModel(config)
    bert.initialize()
    return (MaskedLanguageModel(bert), try Tokenizer(vocabulary, options: normalisation))
  }

  private func lines(_ path: String) throws -> [String] {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw CorpusError("\(path) cannot be read: name a text file, one passage a line")
    }
    return data.split(separator: 10).map { LabelledText.clean(String(decoding: $0, as: UTF8.self)) }.filter {
      !$0.isEmpty
    }
  }
}
