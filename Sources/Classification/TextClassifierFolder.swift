import Files
import Encoder
import Checkpoint
import Foundation
import Torch
import WordPiece

extension TextClassifier {
  /// Writes the Hugging Face layout: `config.json`, `model.safetensors`, `vocab.txt`,
  /// `tokenizer_config.json`.
  ///
  /// A VA folder opens there as `AutoModelForSequenceClassification`; the other variants keep their head's
  /// weights beside the encoder's, under `lstm.` and `classifier.`.
  public func save(to folder: URL) throws {
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw FathomError(
        .unwritable, at: folder.path, "the folder cannot be made", mend: "choose another \(.out)")
    }
    let weights = network.namedParameters().map { ($0.name, $0.parameter.wrappedValue.detached()) }
    try SafeTensors.write(weights, to: folder.appendingPathComponent("model.safetensors"))
    try tokenizer.write(
      to: folder, maximumLength: settings.maximumLength, truncatesHead: settings.truncation == .tail)
    var config = network.encoder?.config.json ?? ["model_type": "fathom-baseline"]
    config["architectures"] =
      settings.variant.head == .pooled ? ["BertForSequenceClassification"] : ["FathomTextClassifier"]
    config["classifier_dropout"] = settings.dropout
    config["problem_type"] = settings.kind.rawValue
    config["pad_token_id"] = Int(tokenizer.padTokenID)
    config["id2label"] = Dictionary(
      uniqueKeysWithValues: settings.labels.enumerated().map { (String($0), $1) })
    config["label2id"] = Dictionary(settings.labels.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    config["fathom"] = try JSONSerialization.jsonObject(with: JSONEncoder().encode(FolderEntry(settings)))
    try AtomicFile.write(
      JSONSerialization.data(withJSONObject: config, options: [.prettyPrinted, .sortedKeys]),
      to: folder.appendingPathComponent("config.json"))
    try AtomicFile.write(Data(modelCard.utf8), to: folder.appendingPathComponent("README.md"))
  }

  /// Opens a folder that Fathom saved, or a BERT fine-tuned with Hugging Face
  /// `BertForSequenceClassification`.
  /// - Throws: `FathomError` naming the file.
  public convenience init(folder: URL) throws { try self.init(Checkpoint(folder: folder)) }

  /// Opens the folder that a checkpoint was read from.
  /// - Throws: `FathomError` naming the file.
  public convenience init(_ checkpoint: Checkpoint) throws {
    let folder = checkpoint.folder
    guard let rows = checkpoint.matrix("classifier.weight")?.rows else {
      throw FathomError(
        .unsupported, at: folder.path, "the folder has no classifier on its encoder",
        mend: "train one with `fathom train --model \(folder.path)`")
    }
    let published = checkpoint.isOfStudy2019 ? try PublishedCheckpoint(checkpoint) : nil
    try self.init(
      checkpoint, ClassifierSettings(checkpoint.config, classCount: rows, published: published))
  }

  /// - Parameter checkpoint: whose folder holds config.json and the tokenizer.
  convenience init(_ checkpoint: Checkpoint, _ settings: ClassifierSettings) throws {
    let folder = checkpoint.folder
    let tokenizer = try Tokenizer(folder: folder, modelStates: checkpoint.config.tokenizerClass)
    var encoder: (any Encoder)?
    if settings.variant.encoder != .newEmbedding {
      let hasPooler = settings.variant.head.reading == .pooledFirstToken
      if hasPooler, !checkpoint.contains("pooler.dense.weight") {
        throw FathomError(
          .damaged, at: folder.path,
          "tensor 'bert.pooler.dense.weight' is missing, which the classifier cannot run without",
          mend: "bring the whole folder again")
      }
      let model = try EncoderRegistry.open(
        checkpoint, options: EncoderOptions(pooler: hasPooler ? .pretrained : .none))
      guard model.config.blockCount == settings.variant.blockCount else {
        throw try checkpoint.config.fault(
          "it says \(model.config.blockCount) blocks and that the model is a \(settings.variant)")
      }
      try TextClassifier.check(tokenizer, settings, model.config, folder)
      encoder = model
    }
    let rows = checkpoint.matrix("embedding.weight")?.rows ?? 0
    guard encoder != nil || rows >= tokenizer.tokenCount else {
      throw FathomError(
        .mismatch, at: folder.path,
        "its vocabulary has \(tokenizer.tokenCount) pieces and its embedding \(rows) rows",
        mend: "bring the vocab.txt that belongs to the model")
    }
    let network = ClassifierNetwork(
      encoder: encoder, settings: settings, vocabularySize: rows, padTokenID: tokenizer.padTokenID)
    try network.loadHead(checkpoint)
    self.init(network, tokenizer, settings)
  }
}
