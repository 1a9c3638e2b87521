import Files
import Checkpoint
import Foundation

/// The sizes and rates of a BERT, as `config.json` gives them.
public struct BERTConfig: Sendable, Equatable {
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var blockCount: Int
  public var headCount: Int
  public var intermediateSize: Int
  public var activation: Activation
  public var hiddenDropout: Double
  public var attentionDropout: Double
  public var maximumPositions: Int
  public var tokenTypeCount: Int
  public var layerNormEpsilon: Double
  public var initializerRange: Double

  public enum Activation: String, Sendable {
    case gelu
    case geluTanh = "gelu_new"
    case relu
  }

  public init(
    vocabularySize: Int, hiddenSize: Int = 768, blockCount: Int = 12, headCount: Int = 12,
    intermediateSize: Int = 3072,
    activation: Activation = .gelu, hiddenDropout: Double = 0.1, attentionDropout: Double = 0.1,
    maximumPositions: Int = 512, tokenTypeCount: Int = 2, layerNormEpsilon: Double = 1e-12,
    initializerRange: Double = 0.02
  ) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.blockCount = blockCount
    self.headCount = headCount
    self.intermediateSize = intermediateSize
    self.activation = activation
    self.hiddenDropout = hiddenDropout
    self.attentionDropout = attentionDropout
    self.maximumPositions = maximumPositions
    self.tokenTypeCount = tokenTypeCount
    self.layerNormEpsilon = layerNormEpsilon
    self.initializerRange = initializerRange
  }

  public var headSize: Int { hiddenSize / headCount }

  /// Reads and checks `config.json` of a model folder.
  /// - Throws: `CheckpointError` naming the key that is wrong.
  public init(folder: URL) throws {
    let file = folder.appendingPathComponent("config.json")
    guard let data = try? Data(contentsOf: file) else {
      throw CheckpointError("\(file.path) cannot be read: name a model folder in the Hugging Face layout")
    }
    guard let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw CheckpointError("\(file.path) is not a JSON object: download it again")
    }
    func fail(_ what: String) -> CheckpointError { CheckpointError("\(file.path): \(what)") }
    if let type = root["model_type"] as? String, type != "bert" {
      throw fail("model_type is '\(type)': Fathom reads BERT encoders only")
    }
    if let positions = root["position_embedding_type"] as? String, positions != "absolute" {
      throw fail("position_embedding_type is '\(positions)': only absolute positions are read")
    }
    func size(_ key: String, default fallback: Int? = nil, _ range: ClosedRange<Int>) throws -> Int {
      guard let value = root[key] as? Int ?? fallback else {
        throw fail("'\(key)' is missing or not a whole number")
      }
      guard range.contains(value) else {
        throw fail("'\(key)' is \(value), outside \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
    func rate(_ key: String, default fallback: Double) throws -> Double {
      guard let found = root[key] else { return fallback }
      guard let value = (found as? NSNumber)?.doubleValue, (0..<1).contains(value) else {
        throw fail("'\(key)' is not a number from 0 to 1")
      }
      return value
    }
    vocabularySize = try size("vocab_size", 1...10_000_000)
    hiddenSize = try size("hidden_size", 1...65536)
    blockCount = try size("num_hidden_layers", 0...1000)
    headCount = try size("num_attention_heads", 1...4096)
    intermediateSize = try size("intermediate_size", 1...1_000_000)
    maximumPositions = try size("max_position_embeddings", default: 512, 2...1_000_000)
    tokenTypeCount = try size("type_vocab_size", default: 2, 1...1000)
    let name = root["hidden_act"] as? String ?? "gelu"
    guard let known = Activation(rawValue: name == "gelu_pytorch_tanh" ? "gelu_new" : name) else {
      throw fail("hidden_act is '\(name)': gelu, gelu_new and relu are read")
    }
    activation = known
    hiddenDropout = try rate("hidden_dropout_prob", default: 0.1)
    attentionDropout = try rate("attention_probs_dropout_prob", default: 0.1)
    layerNormEpsilon = try rate("layer_norm_eps", default: 1e-12)
    initializerRange = try rate("initializer_range", default: 0.02)
    guard hiddenSize % headCount == 0 else {
      throw fail("hidden_size \(hiddenSize) is not a multiple of num_attention_heads \(headCount)")
    }
  }

  /// The keys of `config.json` that Hugging Face Transformers reads.
  public var json: [String: Any] {
    [
      "model_type": "bert", "vocab_size": vocabularySize, "hidden_size": hiddenSize,
      "num_hidden_layers": blockCount,
      "num_attention_heads": headCount, "intermediate_size": intermediateSize,
      "hidden_act": activation.rawValue,
      "hidden_dropout_prob": hiddenDropout, "attention_probs_dropout_prob": attentionDropout,
      "max_position_embeddings": maximumPositions, "type_vocab_size": tokenTypeCount,
      "layer_norm_eps": layerNormEpsilon, "initializer_range": initializerRange,
    ]
  }
}
