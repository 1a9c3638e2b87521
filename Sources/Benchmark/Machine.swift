import Torch

/// What the machine under the benchmark can do.
public enum Machine {
  /// Operations a second of this machine's matrix product at BERT's largest shape, the best of several.
  /// - Parameter hidden: H; the product is `[4096,H] × [H,4H]`.
  public static func matrixRate(hidden: Int, dtype: DType, device: Device = .cpu) -> Double {
    let x = Tensor.normal([4096, hidden]).to(dtype).to(device)
    let layer = Linear(hidden, 4 * hidden)
    layer.initialize(deviation: 1)
    layer.move(to: device)
    layer.keepWeight(as: dtype)
    let operations = 2.0 * 4096 * 4 * Double(hidden * hidden)
    var best = Double.infinity
    withoutGradients {
      for _ in 0..<12 {
        let started = ContinuousClock.now
        _ = layer.product(x).narrowed(0, from: 0, count: 1).sum().item
        best = min(best, (ContinuousClock.now - started) / .seconds(1))
      }
    }
    return operations / best
  }
}
