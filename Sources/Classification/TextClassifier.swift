import Files
import Encoder
import Checkpoint
import Foundation
import Torch
import WordPiece

/// Tokenizer, encoder and head: text in, class probabilities out.
public final class TextClassifier {
  public let network: ClassifierNetwork
  public let tokenizer: Tokenizer
  public let settings: ClassifierSettings
  private var graphed: GraphedPasses?

  init(_ network: ClassifierNetwork, _ tokenizer: Tokenizer, _ settings: ClassifierSettings) {
    self.network = network
    self.tokenizer = tokenizer
    self.settings = settings
  }

  /// A classifier to be trained: the chosen blocks of a pretrained model, and a fresh head drawn from
  /// libtorch's generator.
  /// - Parameters:
  ///   - folder: a pretrained BERT in the Hugging Face layout.
  ///   - wordTokenizer: for `baseline-custom`, the tokenizer of its own words.
  public convenience init(
    pretrained folder: URL, settings: ClassifierSettings, pooler: BERTModel.PoolerStart = .pretrained,
    wordTokenizer: Tokenizer? = nil
  ) throws {
    guard settings.labels.count >= 2 else {
      throw CheckpointError(
        "a classifier needs two classes at least and the data has \(settings.labels.count)")
    }
    let network: ClassifierNetwork
    let tokenizer: Tokenizer
    if case .newEmbedding = settings.variant.encoder {
      guard let wordTokenizer else {
        preconditionFailure("baseline-custom needs a tokenizer of its own words")
      }
      tokenizer = wordTokenizer
      network = ClassifierNetwork(
        bert: nil, settings: settings, vocabularySize: tokenizer.vocabulary.tokens.count)
    } else {
      let checkpoint = try Checkpoint(folder: folder)
      var selection = BlockSelection.first(0)
      if case .bert(let blocks) = settings.variant.encoder { selection = blocks.selection }
      let bert = try BERTModel(
        checkpoint, blocks: selection, pooler: settings.variant.head == .pooled ? pooler : .none)
      tokenizer = try Tokenizer(folder: folder)
      try TextClassifier.check(tokenizer, settings, bert.config, folder)
      network = ClassifierNetwork(bert: bert, settings: settings, vocabularySize: 0)
    }
    network.initializeHead()
    self.init(network, tokenizer, settings)
  }

  /// Every id must be a row of the embeddings and every position too.
  static func check(
    _ tokenizer: Tokenizer, _ settings: ClassifierSettings, _ config: BERTConfig, _ folder: URL
  ) throws {
    guard tokenizer.vocabulary.tokens.count <= config.vocabularySize else {
      throw CheckpointError(
        "\(folder.path): the vocabulary has \(tokenizer.vocabulary.tokens.count) pieces and config.json says "
          + "\(config.vocabularySize): bring the vocab.txt that belongs to the model")
    }
    guard settings.maximumLength >= 3, settings.maximumLength <= config.maximumPositions else {
      throw CheckpointError(
        "a maximum length of \(settings.maximumLength) is outside 3 to \(config.maximumPositions), what \(folder.path) allows"
      )
    }
  }

  /// For a program that only predicts from here on: moves the network, keeps its weights in one type alone and, on a GPU,
  /// records small batches as graphs. ``logits(_:tokensPerBatch:dtype:device:progress:)`` then wants this type and device.
  public func keepForInference(as dtype: DType, on device: Device) {
    network.move(to: device)
    network.bert?.keepWeights(as: dtype)
    if case .cuda = device, network.readsFirstTokenAlone {
      graphed = GraphedPasses(network, dtype: dtype, device: device)
    }
  }

  public var parameterCount: Int { network.parameterCount }

  public func encode(_ texts: [String]) -> [[Int32]] {
    tokenizer.encode(texts, maximumLength: settings.maximumLength, truncation: settings.truncation)
  }

  /// Logits of encoded texts, in their order: `[B,C]` as rows.
  /// - Parameter tokensPerBatch: bounds the memory; texts of like length are run together.
  public func logits(
    _ sequences: [[Int32]], tokensPerBatch: Int = 4096, dtype: DType = .float32, device: Device = .cpu,
    progress: ((Int) throws -> Void)? = nil
  ) rethrows -> [[Float]] {
    let order = sequences.indices.sorted { (sequences[$0].count, $0) < (sequences[$1].count, $1) }
    var rows = [[Float]](repeating: [], count: sequences.count)
    var start = 0
    while start < order.count {
      var end = start, tokens = 0
      while end < order.count, end == start || tokens + sequences[order[end]].count <= tokensPerBatch {
        tokens += sequences[order[end]].count
        end += 1
      }
      let chosen = order[start..<end]
      let classes = settings.labels.count
      let flat = withoutGradients {
        let batch = chosen.map { sequences[$0] }
        return (graphed?.logits(batch) ?? network(PackedTokens(batch, device: device), dtype: dtype)).array(
          Float.self)
      }
      for (row, index) in chosen.enumerated() {
        rows[index] = Array(flat[row * classes..<(row + 1) * classes])
      }
      start = end
      try progress?(end)
    }
    return rows
  }

  public struct Prediction: Sendable {
    public let label: String
    /// In the order of the classes
    public let scores: [(label: String, probability: Double)]
    public let logits: [Float]

    /// In the order of the classes
    public var probabilities: [Double] { scores.map(\.probability) }

    /// Of the predicted class
    public var probability: Double { scores.first { $0.label == label }?.probability ?? 0 }

    /// As `fathom predict` and `fathom serve` give it, for `JSONSerialization`.
    public var json: [String: Any] {
      [
        "label": label, "scores": Dictionary(uniqueKeysWithValues: scores.map { ($0.label, $0.probability) }),
        "logits": logits.map(Double.init),
      ]
    }
  }

  /// Predicts the classes of texts.
  public func predict(_ texts: [String], dtype: DType = .float32, device: Device = .cpu) -> [Prediction] {
    logits(encode(texts), dtype: dtype, device: device).map(prediction)
  }

  /// What the logits `[C]` of a text say.
  public func prediction(_ logits: [Float]) -> Prediction {
    let best = logits.indices.max { logits[$0] < logits[$1] }!
    let scores = zip(settings.labels, TextClassifier.softmax(logits)).map { (label: $0, probability: $1) }
    return Prediction(label: settings.labels[best], scores: scores, logits: logits)
  }

  /// - Precondition: `logits` is not empty.
  public static func softmax(_ logits: [Float]) -> [Double] {
    let top = Double(logits.max()!)
    let exponentials = logits.map { Foundation.exp(Double($0) - top) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }
}
