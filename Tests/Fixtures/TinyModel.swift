import Encoder
import Checkpoint
import Classification
import Foundation
import Torch
import WordPiece

/// Writes a freshly drawn pretrained model for ``TinyTask``.
public func writeTinyModel(to folder: URL, blocks: Int = 3, hidden: Int = 16, dropout: Double = 0.1) throws {
  RandomState.seed(4)
  let config = BERTConfig(
    vocabularySize: TinyTask.words.count, hiddenSize: hidden, blockCount: blocks, headCount: 2,
    intermediateSize: 32,
    hiddenDropout: dropout, attentionDropout: dropout, maximumPositions: 32, initializerRange: 0.2)
  let bert = BERTModel(config)
  bert.initialize()
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  try SafeTensors.write(
    bert.namedParameters().map { ("bert." + $0.name, $0.parameter.wrappedValue.detached()) },
    to: folder.appendingPathComponent("model.safetensors"))
  try JSONSerialization.data(withJSONObject: config.json).write(
    to: folder.appendingPathComponent("config.json"))
  try Tokenizer(Vocabulary(TinyTask.words)).write(to: folder, maximumLength: 32)
}

/// Writes a folder with ``TinyTask``'s pretrained `model`, `train.csv` and `test.csv`.
public func writeTinyTask(to folder: URL, train: Int, test: Int) throws {
  try writeTinyModel(to: folder.appendingPathComponent("model"))
  try Data(TinyTask.csv(train, seed: 1).utf8).write(to: folder.appendingPathComponent("train.csv"))
  try Data(TinyTask.csv(test, seed: 2).utf8).write(to: folder.appendingPathComponent("test.csv"))
}

/// The encoder of a classifier that has a BERT.
public func bert(of classifier: TextClassifier) -> BERTModel { classifier.network.encoder as! BERTModel }
