import Files
import Encoder
import Checkpoint
import Foundation
import Torch
import WordPiece

extension TextClassifier {
  /// Writes the Hugging Face layout: `config.json`, `model.safetensors`, `vocab.txt`, `tokenizer_config.json`.
  ///
  /// A VA folder opens there as `AutoModelForSequenceClassification`; the other variants keep their head's weights
  /// beside the encoder's, under `lstm.` and `classifier.`.
  public func save(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let weights = network.namedParameters().map { ($0.name, $0.parameter.wrappedValue.detached()) }
    try SafeTensors.write(weights, to: folder.appendingPathComponent("model.safetensors"))
    try tokenizer.write(
      to: folder, maximumLength: settings.maximumLength, truncatesHead: settings.truncation == .tail)
    var config = network.bert?.config.json ?? ["model_type": "fathom-baseline"]
    if settings.variant.head == .pooled {
      config["architectures"] = ["BertForSequenceClassification"]
    } else {
      config["architectures"] = ["FathomTextClassifier"]
    }
    config["classifier_dropout"] = settings.dropout
    config["problem_type"] = "single_label_classification"
    config["pad_token_id"] = Int(tokenizer.paddingID)
    config["id2label"] = Dictionary(
      uniqueKeysWithValues: settings.labels.enumerated().map { (String($0), $1) })
    config["label2id"] = Dictionary(uniqueKeysWithValues: settings.labels.enumerated().map { ($1, $0) })
    config["fathom"] = settings.json
    try JSONSerialization.data(withJSONObject: config, options: [.prettyPrinted, .sortedKeys])
      .write(to: folder.appendingPathComponent("config.json"), options: .atomic)
  }

  /// Opens a folder that Fathom saved, or a BERT fine-tuned with Hugging Face `BertForSequenceClassification`.
  /// - Throws: `CheckpointError` or `TokenizerError` naming the file.
  public convenience init(folder: URL) throws {
    let settings = try ClassifierSettings(folder: folder)
    let checkpoint = try Checkpoint(folder: folder)
    let tokenizer = try Tokenizer(folder: folder)
    var bert: BERTModel?
    if settings.variant.encoder != .newEmbedding {
      let config = try BERTConfig(folder: folder)
      try TextClassifier.check(tokenizer, settings, config, folder)
      let hasPooler = settings.variant.head == .pooled
      if hasPooler, !checkpoint.contains("pooler.dense.weight") {
        throw CheckpointError(
          "\(folder.path): tensor 'bert.pooler.dense.weight' is missing: the classifier cannot run without it"
        )
      }
      bert = try BERTModel(checkpoint, pooler: hasPooler ? .pretrained : .none)
    }
    guard let rows = checkpoint["classifier.weight"]?.shape.first else {
      throw CheckpointError(
        "\(folder.path) has no classifier on its encoder: train one with `fathom train --model \(folder.path)`"
      )
    }
    guard rows == settings.labels.count else {
      throw CheckpointError(
        "\(folder.path): the classifier gives \(rows) classes and config.json names \(settings.labels.count)")
    }
    let network = ClassifierNetwork(
      bert: bert, settings: settings, vocabularySize: tokenizer.vocabulary.tokens.count)
    for (name, parameter) in network.namedParameters() where !name.hasPrefix("bert.") {
      guard let stored = checkpoint[name] else {
        throw CheckpointError("\(folder.path): tensor '\(name)' is missing: bring the whole folder again")
      }
      try stored.load(into: parameter.wrappedValue)
    }
    self.init(network, tokenizer, settings)
  }
}

extension ClassifierSettings {
  /// Reads what `config.json` says about the classifier.
  init(folder: URL) throws {
    let file = folder.appendingPathComponent("config.json")
    guard let data = try? Data(contentsOf: file),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { throw CheckpointError("\(file.path) cannot be read as JSON: name a model folder") }
    func fail(_ what: String) -> CheckpointError { CheckpointError("\(file.path): \(what)") }
    let fathom = root["fathom"] as? [String: Any]
    let names = root["id2label"] as? [String: String]
    let count = names?.count ?? root["num_labels"] as? Int ?? 2
    let found = (0..<min(count, 1_000_000)).map { names?[String($0)] ?? (names == nil ? "LABEL_\($0)" : nil) }
    guard !found.contains(nil), found.count >= 2 else {
      throw fail("'id2label' does not name classes 0 to \(count - 1)")
    }
    labels = found.compactMap { $0 }
    guard let fathom else {
      variant = Variant(.bert(.first(root["num_hidden_layers"] as? Int ?? 0)), .pooled)
      maximumLength = min(root["max_position_embeddings"] as? Int ?? 512, 512)
      truncation = .head
      dropout = (root["classifier_dropout"] as? NSNumber)?.doubleValue ?? 0.1
      return
    }
    guard let name = fathom["variant"] as? String, let length = fathom["max_length"] as? Int,
      (3...1_000_000).contains(length),
      let cut = fathom["truncation"] as? String
    else { throw fail("the 'fathom' entry lacks variant, max_length or truncation") }
    variant = try Variant(name)
    maximumLength = length
    truncation = try Truncation(cut, headShare: (fathom["head_share"] as? NSNumber)?.doubleValue ?? 0.5)
    dropout = (fathom["dropout"] as? NSNumber)?.doubleValue ?? 0.2
  }
}
