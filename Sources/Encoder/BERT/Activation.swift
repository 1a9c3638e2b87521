import Checkpoint
import Torch

extension BERTConfig {
  /// The function between the two layers of the feed-forward net, by its name in `config.json`.
  public enum Activation: String, Sendable {
    case gelu
    case geluTanh = "gelu_new"
    case relu

    init(_ file: ConfigFile) throws {
      let name = try file.text("hidden_act") ?? "gelu"
      guard let known = Activation(rawValue: name == "gelu_pytorch_tanh" ? "gelu_new" : name) else {
        throw file.unsupported(
          "hidden_act is '\(name.prefix(60))'", mend: "gelu, gelu_new and relu are read")
      }
      self = known
    }

    /// Element by element.
    func callAsFunction(_ x: Tensor) -> Tensor {
      switch self {
      case .gelu: x.gelu()
      case .geluTanh: x.gelu(tanhApproximation: true)
      case .relu: x.relu()
      }
    }
  }
}
