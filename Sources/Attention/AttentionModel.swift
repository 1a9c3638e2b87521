import Files
import Encoder
import Checkpoint
import Classification
import Foundation
import Torch
import WordPiece

/// A classifier, or a pretrained encoder alone, opened to see what it attends to.
public final class AttentionModel {
  public let tokenizer: any Tokenizing
  public var maximumLength: Int { text.maximumLength }
  private let encoder: any Encoder
  private let classifier: TextClassifier?
  private let text: TextSettings

  public var blockCount: Int { encoder.config.blockCount }
  public var headCount: Int { encoder.config.headCount }
  private var headSize: Int { encoder.config.hiddenSize / headCount }
  /// Class names; nil for an encoder alone.
  public var labels: [String]? { classifier?.settings.labels }
  /// Of the classifier; of an encoder alone one class per text, as its data are read.
  public var kind: TaskKind { classifier?.settings.kind ?? .singleLabel }

  /// Opens a classifier, or an encoder without one.
  /// - Throws: `FathomError` naming the file, or the model when it has no attention.
  public convenience init(folder: URL) throws {
    let checkpoint = try Checkpoint(folder: folder)
    if checkpoint.contains("classifier.weight") {
      try self.init(TextClassifier(checkpoint), name: folder.path)
    } else {
      try self.init(pretrained: checkpoint, blocks: nil)
    }
  }

  /// - Parameter name: for messages.
  public init(_ classifier: TextClassifier, name: String) throws {
    guard let encoder = classifier.network.encoder, encoder.config.blockCount > 0 else {
      throw FathomError(
        .unsupported, at: name, "a \(classifier.settings.variant) has no attention to show",
        mend: "name a model with a transformer block")
    }
    self.classifier = classifier
    self.encoder = encoder
    tokenizer = classifier.tokenizer
    text = classifier.settings.text
    classifier.network.freeze()
  }

  private init(pretrained checkpoint: Checkpoint, blocks: BlockSelection?) throws {
    let folder = checkpoint.folder
    encoder = try EncoderRegistry.open(
      checkpoint, options: EncoderOptions(blocks: blocks, pooler: .none))
    tokenizer = try Tokenizer(folder: folder, modelStates: checkpoint.config.tokenizerClass)
    text = TextSettings(maximumLength: encoder.config.maximumPositions, cleaning: .none)
    classifier = nil
    guard encoder.config.blockCount > 0 else {
      throw FathomError(
        .unsupported, at: folder.path, "the model has no transformer block to look into",
        mend: "name one with blocks")
    }
    guard tokenizer.tokenCount <= encoder.config.vocabularySize else {
      throw FathomError(
        .mismatch, at: folder.path, "the vocabulary is larger than config.json says",
        mend: "bring the vocab.txt that belongs to the model")
    }
    encoder.freeze()
  }

  /// The pretrained model that this classifier was cut from: the same blocks before fine-tuning.
  /// - Throws: `FathomError` when the folder's model does not fit.
  public func origin(_ folder: URL) throws -> AttentionModel {
    var selection = BlockSelection.first(blockCount)
    if case .bert(let blocks) = classifier?.settings.variant.encoder { selection = blocks.selection }
    let other = try AttentionModel(pretrained: Checkpoint(folder: folder), blocks: selection)
    guard other.tokenizer.givesSameIDs(as: tokenizer), other.headCount == headCount,
      other.maximumLength >= maximumLength
    else {
      throw FathomError(
        .mismatch, at: folder.path,
        "not what the model was fine-tuned from (another vocabulary, number of heads or length)",
        mend: "name its pretrained model")
    }
    return other
  }

  public func encode(_ text: String) -> AlignedText {
    AlignedText(
      self.text.cleaning(text), tokenizer, maximumLength: maximumLength, truncation: self.text.truncation)
  }

  /// - Throws: `FathomError` when a weight or a logit is not finite.
  public func read(_ text: String) throws -> TextReading { try read(encode(text)) }

  /// - Precondition: the text was encoded by this model, or by one with the same vocabulary that is no
  ///   longer.
  /// - Throws: `FathomError` when a weight or a logit is not finite.
  public func read(_ text: AlignedText) throws -> TextReading {
    let batch = PackedTokens([text.encoded.ids])
    let (blocks, rollout) = try withoutGradients { () throws -> ([TextReading.Block], [Float]) in
      let states = encoder(
        batch, reading: .allStates, embedded: nil, dtype: .float32, training: false
      ).hiddenStates
      let pairs = (0..<blockCount).map { encoder.queriesAndKeys(block: $0, states[$0]) }
      let blocks = try pairs.enumerated().map { index, pair in
        TextReading.Block(
          queries: try finite(pair.queries.array(), "the queries of block \(index)"),
          keys: try finite(pair.keys.array(), "the keys of block \(index)"))
      }
      return (blocks, try finite(self.rollout(pairs).array(), "the weights of rollout"))
    }
    let explained = try classifier.map { try explain($0, text.encoded.ids) }
    return TextReading(
      text, tokens: tokenizer.tokens(text.encoded.ids),
      isSpecial: text.encoded.ids.map(tokenizer.isSpecial),
      blocks: blocks, headCount: headCount, headSize: headSize, rollout: rollout,
      prediction: explained?.prediction, attributions: explained?.attributions ?? [])
  }

  private func finite(_ values: [Float], _ name: String) throws -> [Float] {
    guard values.allSatisfy(\.isFinite) else {
      throw FathomError(
        .notFinite, "\(name) are not finite: the model's weights are damaged or its training diverged",
        mend: "train it again, or bring the whole folder again")
    }
    return values
  }

  /// Attention followed through all blocks, half of each block's output being its input (the residual):
  /// `[L,L]`.
  /// - Source: Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers", equation 1 and section
  ///   3.
  private func rollout(_ pairs: [(queries: Tensor, keys: Tensor)]) -> Tensor {
    let length = pairs[0].queries.shape[0]
    var identity = [Float](repeating: 0, count: length * length)
    for i in 0..<length { identity[i * length + i] = 1 }
    let one = Tensor(identity, shape: [length, length])
    func heads(_ x: Tensor) -> Tensor { x.reshaped([length, headCount, -1]).transposed(0, 1) }  // [N,L,D]
    let scale = 1 / Double(headSize).squareRoot()
    return pairs.reduce(one) { sum, pair in
      let products = (heads(pair.queries) * scale).matmul(heads(pair.keys).transposed(1, 2))  // [N,L,L]
      let weights = products.softmax()
      let average = weights.sum(along: 0) * (1 / Double(headCount))
      return ((average + one) * 0.5).matmul(sum)
    }
  }

  /// The prediction, and for each token the gradient of the predicted class's logit at the embeddings'
  /// output, times that output, summed over the hidden size.
  /// - Source: Simonyan et al. 2013, "Deep Inside Convolutional Networks"; Shrikumar et al. 2017, "Learning
  ///   Important Features Through Propagating Activation Differences", section 2.2 (gradient × input).
  private func explain(
    _ classifier: TextClassifier, _ ids: [Int32]
  ) throws -> (prediction: Prediction, attributions: [Double]) {
    let batch = classifier.network.batch([TokenSequence(ids)])
    let embedded = withoutGradients { encoder.embedded(batch, dtype: .float32, training: false) }
    embedded.requiresGradient = true
    let logits = classifier.network(batch, embedded: embedded)  // [1,C]
    let values: [Float] = logits.detached().array()
    let prediction = try classifier.prediction(values)
    logits.narrowed(1, from: prediction.leading, count: 1).sum().backward()
    let products = withoutGradients { (embedded.gradient! * embedded).sum(along: 1).array(Float.self) }
    return (prediction, try finite(products, "the gradients").prefix(ids.count).map(Double.init))
  }
}
