import Encoder
import Torch

/// Inference of small batches from recorded graphs, one for each number of texts and of tokens rounded up.
///
/// The rest of the tokens is a sequence of its own, whose logits nobody reads. The weights must not be replaced.
final class GraphedPasses {
  private struct Size: Hashable {
    let sequences: Int
    let tokens: Int
  }

  private final class Pass {
    var batch: PackedTokens
    var graph: DeviceGraph?

    init(_ batch: PackedTokens) { self.batch = batch }
  }

  private let network: ClassifierNetwork
  private let dtype: DType
  private let device: Device
  private var passes: [Size: Pass] = [:]
  /// What tokens are rounded up to, past their number
  private let step: Int
  private static let mostTokens = 1024
  private static let mostPasses = 32

  /// - Precondition: the head reads [CLS] alone.
  init(_ network: ClassifierNetwork, dtype: DType, device: Device) {
    precondition(network.reading.isFirstToken, "other heads depend on the lengths")
    (self.network, self.dtype, self.device) = (network, dtype, device)
    step = min(64, network.bert?.config.maximumPositions ?? 64)
  }

  /// Logits `[B,C]`, or nil for a batch that is not small.
  func logits(_ sequences: [[Int32]]) -> Tensor? {
    let tokens = sequences.reduce(0) { $0 + $1.count }
    let size = Size(sequences: sequences.count, tokens: (tokens / step + 1) * step)
    guard size.tokens <= Self.mostTokens else { return nil }
    let filled = sequences + [[Int32](repeating: 0, count: size.tokens - tokens)]
    let pass: Pass
    if let known = passes[size] {
      pass = known
      pass.batch = pass.batch.refilled(filled)
    } else {
      if passes.count == Self.mostPasses { passes = [:] }
      pass = Pass(PackedTokens(filled, device: device))
      passes[size] = pass
      pass.graph = DeviceGraph(on: device) { [network, dtype, unowned pass] in
        withoutGradients { network(pass.batch, dtype: dtype) }
      }
    }
    return pass.graph!().narrowed(0, from: 0, count: sequences.count)
  }
}
