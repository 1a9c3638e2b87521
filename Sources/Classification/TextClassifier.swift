import Files
import Encoder
import Checkpoint
import Foundation
import Torch
import WordPiece

/// Tokenizer, encoder and head: text in, class probabilities out.
public final class TextClassifier {
  public let network: ClassifierNetwork
  public let tokenizer: any Tokenizing
  public private(set) var settings: ClassifierSettings
  /// Whether what stands on the encoder was taken from the folder or drawn anew.
  public let headIsNew: Bool

  init(
    _ network: ClassifierNetwork, _ tokenizer: any Tokenizing, _ settings: ClassifierSettings,
    headIsNew: Bool = false
  ) {
    self.headIsNew = headIsNew
    self.network = network
    self.tokenizer = tokenizer
    self.settings = settings
  }

  /// A classifier to be trained: the chosen blocks of a pretrained model under a head drawn from libtorch's
  /// generator, or under the head that the folder has where it is of the same variant and has the same
  /// classes.
  /// - Parameters:
  ///   - folder: a pretrained BERT in the Hugging Face layout.
  ///   - bertDropout: of hidden states while training; nil takes that of config.json.
  ///   - attentionDropout: of attention while training; nil takes that of config.json.
  ///   - wordTokenizer: for `baseline-custom`, the tokenizer of its own words.
  ///   - embeddingRows: of that baseline's table; nil for one per word.
  public convenience init(
    pretrained folder: URL, settings: ClassifierSettings, pooler: EncoderPooler = .pretrained,
    bertDropout: Double? = nil, attentionDropout: Double? = nil, wordTokenizer: (any Tokenizing)? = nil,
    embeddingRows: Int? = nil
  ) throws {
    guard settings.labels.count >= settings.kind.fewestOutputs else {
      throw FathomError(
        .data, "a classifier needs two classes at least and the data has \(settings.labels.count)",
        mend: "look at the column of \(.labelColumn)")
    }
    let network: ClassifierNetwork
    let tokenizer: any Tokenizing
    let checkpoint: Checkpoint?
    if case .newEmbedding = settings.variant.encoder {
      guard let wordTokenizer else {
        preconditionFailure("baseline-custom needs a tokenizer of its own words")
      }
      checkpoint = try? Checkpoint(folder: folder)
      tokenizer = wordTokenizer
      network = ClassifierNetwork(
        encoder: nil, settings: settings, vocabularySize: max(embeddingRows ?? 0, tokenizer.tokenCount),
        padTokenID: tokenizer.padTokenID)
    } else {
      let opened = try Checkpoint(folder: folder)
      checkpoint = opened
      var selection = BlockSelection.first(0)
      if case .bert(let blocks) = settings.variant.encoder { selection = blocks.selection }
      let encoder = try EncoderRegistry.open(
        opened,
        options: EncoderOptions(
          blocks: selection, pooler: settings.variant.head.reading == .pooledFirstToken ? pooler : .none,
          hiddenDropout: bertDropout, attentionDropout: attentionDropout))
      tokenizer = try Tokenizer(folder: folder, modelStates: opened.config.tokenizerClass)
      try TextClassifier.check(tokenizer, settings, encoder.config, folder)
      network = ClassifierNetwork(
        encoder: encoder, settings: settings, vocabularySize: 0, padTokenID: tokenizer.padTokenID)
    }
    network.initializeHead()
    let keepsHead = try checkpoint.map { try network.loadHead($0, ifOf: settings) } ?? false
    self.init(network, tokenizer, settings, headIsNew: !keepsHead)
  }

  /// Every id must be a row of the embeddings and every position too.
  static func check(
    _ tokenizer: any Tokenizing, _ settings: ClassifierSettings, _ config: any EncoderConfig, _ folder: URL
  ) throws {
    guard tokenizer.tokenCount <= config.vocabularySize else {
      throw FathomError(
        .mismatch, at: folder.path,
        "the vocabulary has \(tokenizer.tokenCount) pieces and config.json says \(config.vocabularySize)",
        mend: "bring the vocab.txt that belongs to the model")
    }
    guard settings.maximumLength >= 3, settings.maximumLength <= config.maximumPositions else {
      throw FathomError(
        .setting, at: folder.path,
        "a length of \(settings.maximumLength) tokens is outside 3 to \(config.maximumPositions), what the model allows",
        mend: "choose another \(.maximumLength)")
    }
  }

  /// For a program that only predicts from here on: moves the network and keeps its weights in one type
  /// alone. ``logits(_:tokensPerBatch:dtype:device:progress:)`` then wants this type and device.
  public func keepForInference(as dtype: DType, on device: Device) {
    network.move(to: device)
    network.encoder?.keepWeights(as: dtype)
  }

  public var task: any TextTask {
    switch settings.kind {
    case .singleLabel: SingleLabelTask(labels: settings.labels, temperature: settings.temperature)
    case .multiLabel:
      MultiLabelTask(
        labels: settings.labels, thresholds: settings.thresholds, temperature: settings.temperature)
    case .regression: RegressionTask(labels: settings.labels)
    }
  }

  /// Sets what turns logits into an answer, which is fitted after the weights.
  /// - Precondition: as many thresholds as labels.
  public func decide(thresholds: [Double]?, temperature: Double) {
    precondition(thresholds.map { $0.count == settings.labels.count } ?? true, "a threshold for each label")
    settings.thresholds = thresholds
    settings.temperature = temperature
  }

  public var parameterCount: Int { network.parameterCount }

  /// Token ids of raw texts: cleaned, cut and between [CLS] and [SEP] as the model's settings say.
  public func encode(_ inputs: [TextInput]) -> [TokenSequence] {
    settings.text.encode(inputs, with: tokenizer)
  }

  public func encode(_ texts: [String]) -> [TokenSequence] { encode(texts.map { TextInput($0) }) }

  /// Logits of encoded texts, in their order: `[B,C]` as rows.
  /// - Parameter tokensPerBatch: bounds the memory; texts of like length are run together.
  public func logits(
    _ sequences: [TokenSequence], tokensPerBatch: Int = 4096, dtype: DType = .float32, device: Device = .cpu,
    progress: ((Int) throws -> Void)? = nil
  ) rethrows -> [[Float]] {
    var rows = [[Float]](repeating: [], count: sequences.count)
    var done = 0
    for chosen in batches(sequences.map(\.count), tokensPerBatch) {
      let classes = settings.labels.count
      let flat = withoutGradients {
        let batch = network.batch(chosen.map { sequences[$0] }, device: device)
        return network(batch, dtype: dtype).array(Float.self)
      }
      for (row, index) in chosen.enumerated() {
        rows[index] = Array(flat[row * classes..<(row + 1) * classes])
      }
      done += chosen.count
      try progress?(done)
    }
    return rows
  }

  /// The same of ids of single texts.
  public func logits(
    _ sequences: [[Int32]], tokensPerBatch: Int = 4096, dtype: DType = .float32, device: Device = .cpu
  ) -> [[Float]] {
    logits(
      sequences.map { TokenSequence($0) }, tokensPerBatch: tokensPerBatch, dtype: dtype, device: device)
  }

  /// Which texts are run together.
  private func batches(_ lengths: [Int], _ tokensPerBatch: Int) -> [ArraySlice<Int>] {
    if let size = settings.deviations.evaluationBatch {
      let order = Array(lengths.indices)
      return stride(from: 0, to: order.count, by: size).map { order[$0..<min($0 + size, order.count)] }
    }
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    var batches: [ArraySlice<Int>] = []
    var start = 0
    while start < order.count {
      var end = start, tokens = 0
      while end < order.count, end == start || tokens + lengths[order[end]] <= tokensPerBatch {
        tokens += lengths[order[end]]
        end += 1
      }
      batches.append(order[start..<end])
      start = end
    }
    return batches
  }

  /// - Throws: `FathomError` when a logit is not finite.
  public func predict(_ inputs: [TextInput], dtype: DType = .float32, device: Device = .cpu) throws
    -> [Prediction]
  {
    let encoded = settings.text.encodeCounting(inputs, with: tokenizer)
    let rows = logits(encoded.map(\.sequence), dtype: dtype, device: device)
    let task = task
    return try zip(encoded, rows).map { text, logits in
      var prediction = try task.prediction(logits)
      prediction.text = text
      return prediction
    }
  }

  /// - Throws: `FathomError` when a logit is not finite.
  public func predict(_ texts: [String], dtype: DType = .float32, device: Device = .cpu) throws
    -> [Prediction]
  {
    try predict(texts.map { TextInput($0) }, dtype: dtype, device: device)
  }

  /// What the logits `[C]` of a text say.
  /// - Throws: `FathomError` when one of them is not finite.
  public func prediction(_ logits: [Float]) throws -> Prediction { try task.prediction(logits) }

  /// - Throws: `FathomError` when a logit is not finite.
  public static func checkFinite(_ logits: [Float]) throws {
    guard logits.allSatisfy(\.isFinite) else {
      throw FathomError(
        .notFinite, "the model's logits are not finite: its weights are damaged or its training diverged",
        mend: "train it again, or bring the whole folder again")
    }
  }

  /// The class with the highest logit, of equal ones the first.
  /// - Throws: `FathomError` when a logit is not finite.
  public static func predictedClass(_ logits: [Float]) throws -> Int {
    try checkFinite(logits)
    return logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
  }

  /// - Precondition: `logits` is not empty.
  public static func softmax(_ logits: [Float]) -> [Double] {
    let top = Double(logits.max()!)
    let exponentials = logits.map { Foundation.exp(Double($0) - top) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The logarithm of a class's probability.
  public static func logSoftmax(_ logits: [Float], _ index: Int) -> Double {
    let top = Double(logits.max()!)
    let sum = logits.reduce(0.0) { $0 + Foundation.exp(Double($1) - top) }
    return Double(logits[index]) - top - Foundation.log(sum)
  }
}
