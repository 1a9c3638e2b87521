import Classification
import Torch

extension AdamW {
  /// For a classifier; on the CPU its table of token embeddings is kept row by row.
  public convenience init(_ network: ClassifierNetwork, _ options: TrainingOptions) {
    let embedding = network.tokenEmbedding
    embedding.hasRowGradients = options.device == .cpu
    self.init(
      AdamW.groups(network, options), tables: embedding.hasRowGradients ? [embedding.weight] : [],
      betas: (options.beta1, options.beta2), epsilon: options.epsilon)
  }

  /// The three groups of the study: BERT weights, BERT biases and LayerNorm weights, everything on top.
  public static func groups(_ network: ClassifierNetwork, _ options: TrainingOptions) -> [Group] {
    var weights: [(name: String, tensor: Tensor)] = []
    var biases = weights, top = weights
    for (name, parameter) in network.namedParameters() {
      let entry = (name: name, tensor: parameter.wrappedValue)
      if !name.hasPrefix("bert.") {
        top.append(entry)
      } else if name.hasSuffix(".bias") || name.hasSuffix("LayerNorm.weight") {
        biases.append(entry)
      } else {
        weights.append(entry)
      }
    }
    return [
      Group(
        "bert weights", weights, learningRate: options.bertLearningRate, weightDecay: options.weightDecay),
      Group("bert biases and norms", biases, learningRate: options.bertLearningRate, weightDecay: 0),
      Group("head", top, learningRate: options.headLearningRate, weightDecay: 0),
    ]
  }
}
