import Foundation
import Torch

/// What the machine under the benchmark can do.
public enum Machine {
  /// Operations a second of this machine's matrix product at BERT's largest shape, the best of several.
  /// - Parameter hidden: H; the product is `[4096,H] × [H,4H]`.
  public static func matrixRate(hidden: Int, dtype: DType, device: Device = .cpu) -> Double {
    let x = Tensor.normal([4096, hidden]).to(dtype).to(device)
    let weight = Tensor.normal([4 * hidden, hidden]).to(dtype).to(device)
    let operations = 2.0 * 4096 * 4 * Double(hidden * hidden)
    var best = Double.infinity
    withoutGradients {
      for _ in 0..<6 {
        let started = ContinuousClock.now
        _ = x.linear(weight, nil).narrowed(0, from: 0, count: 1).sum().item
        let passed = ContinuousClock.now - started
        best = min(best, Double(passed.components.seconds) + Double(passed.components.attoseconds) * 1e-18)
      }
    }
    return operations / best
  }

  /// The most memory that this process has held, in bytes; nil where the system does not say.
  public static var peakMemoryBytes: Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// The processor's name as the system gives it.
  public static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }
}
