import Corpus
import Checkpoint
import Encoder
import Files
import Foundation
import Torch
import WordPiece

/// Guessing hidden tokens.
/// - Source: Devlin et al. 2019, "BERT", 3.1.
final class MaskedLanguageObjective: Objective {
  private let model: MaskedLanguageModel
  private let tokenizer: any Tokenizing
  private let options: Pretrainer.Options
  private let device: Device
  private let train: [[Int32]]
  private let heldOut: [[Int32]]

  init(
    _ model: MaskedLanguageModel, _ tokenizer: any Tokenizing, _ options: Pretrainer.Options, device: Device,
    train: [[Int32]], heldOut: [[Int32]]
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.options = options
    self.device = device
    self.train = train
    self.heldOut = heldOut
  }

  var network: any Module { model }
  var exampleCount: Int { train.count }

  func sequences(_ examples: [Int]) -> [TokenSequence] { examples.map { TokenSequence(train[$0]) } }

  func makeOptimizer() -> AdamW {
    let weights = model.namedParameters().map { (name: $0.name, tensor: $0.parameter.wrappedValue) }
    func isPlain(_ name: String) -> Bool { name.hasSuffix("bias") || name.hasSuffix("LayerNorm.weight") }
    return AdamW([
      AdamW.Group(
        "weights", weights.filter { !isPlain($0.name) }, learningRate: options.learningRate,
        weightDecay: options.weightDecay),
      AdamW.Group(
        "biases and norms", weights.filter { isPlain($0.name) }, learningRate: options.learningRate,
        weightDecay: 0),
    ])
  }

  func loss(_ part: TrainingPart, optimizer: AdamW) -> Tensor? {
    let masked = mask(part.sequences.map(\.ids), seed: options.seed &* 1_000_003 &+ UInt64(part.step))
    return masked.count == 0 ? nil : loss(masked, training: true)
  }

  private func mask(_ sequences: [[Int32]], seed: UInt64) -> MaskedBatch {
    var generator = SeededGenerator(seed: seed)
    return MaskedBatch(
      sequences, tokenizer: tokenizer, share: options.maskedShare, generator: &generator, device: device)
  }

  private func loss(_ masked: MaskedBatch, training: Bool) -> Tensor {
    model(masked.tokens, places: masked.places, dtype: options.precision.dtype, training: training)
      .crossEntropy(masked.targets)
  }

  /// The same tokens are hidden after every epoch, so that the losses can be compared.
  func evaluate(_ progress: (Int, Int) throws -> Void) throws -> Evaluation {
    if heldOut.isEmpty { return Evaluation() }
    var sum = 0.0, count = 0
    for start in stride(from: 0, to: heldOut.count, by: options.batchSize) {
      let end = min(start + options.batchSize, heldOut.count)
      let masked = mask(Array(heldOut[start..<end]), seed: ~options.seed &+ UInt64(start))
      if masked.count > 0 {
        sum += withoutGradients { loss(masked, training: false).item } * Double(masked.count)
        count += masked.count
      }
      try progress(end, heldOut.count)
    }
    return Evaluation(heldOutLoss: count == 0 ? nil : sum / Double(count))
  }

  /// The last epoch is kept: masked-language modelling is not stopped early here.
  func score(_ epoch: EpochRecord) -> Double { Double(epoch.epoch) }

  var mendOfDivergence: Sentence { "lower \(.learningRate)" }

  /// The Hugging Face layout of `BertForMaskedLM`.
  func save(to folder: URL) throws {
    try SafeTensors.write(
      model.namedParameters().map { ($0.name, $0.parameter.wrappedValue.detached()) },
      to: folder.appendingPathComponent("model.safetensors"))
    try tokenizer.write(to: folder, maximumLength: model.bert.config.maximumPositions)
    var config = model.bert.config.json
    config["architectures"] = ["BertForMaskedLM"]
    config["pad_token_id"] = Int(tokenizer.padTokenID)
    try AtomicFile.write(
      JSONSerialization.data(withJSONObject: config, options: [.prettyPrinted, .sortedKeys]),
      to: folder.appendingPathComponent("config.json"))
  }
}
