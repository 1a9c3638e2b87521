import Checkpoint
import Files
import Foundation

/// The sizes and rates of a BERT, as `config.json` gives them.
public struct BERTConfig: EncoderConfig, Equatable {
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
  /// Whether the masked-token head multiplies by the word embeddings; false gives it a table of its own.
  public var tiesWordEmbeddings = true

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

  /// - Throws: `FathomError` naming the key that is wrong, or what Fathom does not compute.
  public init(_ file: ConfigFile) throws {
    try BERTConfig.refuseWhatDiffers(file)
    vocabularySize = try file.size("vocab_size", in: 1...10_000_000)
    hiddenSize = try file.size("hidden_size", in: 1...65536)
    blockCount = try file.size("num_hidden_layers", in: 0...1000)
    headCount = try file.size("num_attention_heads", in: 1...4096)
    intermediateSize = try file.size("intermediate_size", in: 1...1_000_000)
    maximumPositions = try file.size("max_position_embeddings", default: 512, in: 2...1_000_000)
    tokenTypeCount = try file.size("type_vocab_size", default: 2, in: 1...1000)
    activation = try Activation(file)
    hiddenDropout = try file.rate("hidden_dropout_prob", default: 0.1)
    attentionDropout = try file.rate("attention_probs_dropout_prob", default: 0.1)
    layerNormEpsilon = try file.rate("layer_norm_eps", default: 1e-12)
    initializerRange = try file.rate("initializer_range", default: 0.02)
    tiesWordEmbeddings = try file.flag("tie_word_embeddings", default: true)
    guard hiddenSize % headCount == 0 else {
      throw file.fault("hidden_size \(hiddenSize) is not a multiple of num_attention_heads \(headCount)")
    }
  }

  /// What config.json says, and of a file of the study of 2019 no more than it holds: that study cut the model
  /// and kept its config.json.
  public init(_ checkpoint: Checkpoint) throws {
    try self.init(checkpoint.config)
    guard checkpoint.isOfStudy2019 else { return }
    blockCount =
      (0..<blockCount).prefix { checkpoint.contains("encoder.layer.\($0).output.dense.weight") }.count
    if let rows = checkpoint.matrix("embeddings.position_embeddings.weight")?.rows { maximumPositions = rows }
  }

  /// Models whose folder looks like an encoder's and that compute something else.
  private static func refuseWhatDiffers(_ file: ConfigFile) throws {
    if let type = try file.text("model_type"), type != BERTModel.modelType {
      throw file.unsupported(
        "model_type is '\(type.prefix(60))'", mend: "Fathom reads BERT encoders only")
    }
    if let positions = try file.text("position_embedding_type"), positions != "absolute" {
      throw file.unsupported(
        "position_embedding_type is '\(positions.prefix(60))'", mend: "only absolute positions are read")
    }
    for key in ["is_decoder", "add_cross_attention", "is_encoder_decoder"] {
      if try file.flag(key, default: false) {
        throw file.unsupported(
          "'\(key)' is true: the model is a decoder, which hides later words from earlier ones",
          mend: "bring an encoder")
      }
    }
    if file.holdsEntries("quantization_config") {
      throw file.unsupported(
        "'quantization_config' asks for quantised weights",
        mend: "bring the model in float32, float16 or bfloat16")
    }
    if file.holdsEntries("pruned_heads") {
      throw file.unsupported(
        "'pruned_heads' removes heads from blocks", mend: "bring a model with all its heads")
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
      "tie_word_embeddings": tiesWordEmbeddings,
    ]
  }
}
