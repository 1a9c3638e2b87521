import Classification
import Encoder
import Foundation
import Torch
import Training

/// A VA classifier with drawn weights, and the time that its work takes.
public final class EncoderBenchmark {
  let network: ClassifierNetwork
  /// nil in inference, which needs no state of it
  private let optimizer: AdamW?
  private let sequences: [[[Int32]]]
  private let dtype: DType
  private let device: Device

  public init(_ workload: Workload, device: Device = .cpu) {
    self.device = device
    RandomState.seed(1)
    let config = BERTConfig(
      vocabularySize: 30522, hiddenSize: workload.hidden, blockCount: workload.blocks,
      headCount: workload.heads,
      intermediateSize: 4 * workload.hidden)
    let bert = BERTModel(config)
    bert.initialize()
    let settings = ClassifierSettings(
      variant: Variant(.bert(.first(workload.blocks)), .pooled), labels: ["a", "b"],
      maximumLength: config.maximumPositions)
    network = ClassifierNetwork(encoder: bert, settings: settings, vocabularySize: 0)
    network.initializeHead()
    network.move(to: device)
    dtype = workload.precision.dtype
    if workload.mode == .inference { bert.keepWeights(as: dtype) }
    var options = TrainingOptions()
    options.device = device
    optimizer = workload.mode == .train ? AdamW(network, options) : nil
    var id: Int32 = 0
    sequences = workload.batches.map { batch in
      batch.map { length in
        (0..<length).map { _ in
          id = (id &* 1103 &+ 12345) & 0x7FFF
          return id % 30000 + 100
        }
      }
    }
  }

  /// Seconds that all batches take once.
  public func round() -> Double {
    let started = ContinuousClock.now
    for batch in sequences {
      if let optimizer {
        train(batch, optimizer)
      } else {
        _ = withoutGradients { network(PackedTokens(batch, device: device), dtype: dtype).array(Float.self) }
      }
    }
    return (ContinuousClock.now - started) / .seconds(1)
  }

  private func train(_ batch: [[Int32]], _ optimizer: AdamW) {
    optimizer.clearGradients()
    let packed = PackedTokens(batch, device: device)
    optimizer.willRead(packed.ids, of: network.tokenEmbedding.weight)
    let logits = network(packed, dtype: dtype, training: true)
    let loss = logits.crossEntropy(Tensor(batch.indices.map { Int64($0 % 2) }).to(device))
    loss.backward()
    _ = loss.item
    optimizer.step()
  }
}
