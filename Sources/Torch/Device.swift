import CTorch
import Files

/// Where a tensor lives.
public enum Device: Hashable, Sendable, CustomStringConvertible {
  case cpu
  case cuda(Int)
  case mps

  /// Parses `cpu`, `cuda`, `cuda:1`, `mps` or `auto` (a GPU where there is one).
  /// - Throws: `FathomError` with code `setting` for other words, `engine` where the device is not there.
  public init(_ text: String) throws {
    if text == "auto" {
      self = ct_cuda_count() > 0 ? .cuda(0) : ct_mps_available() ? .mps : .cpu
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1)
    switch parts.first {
    case "cpu" where parts.count == 1: self = .cpu
    case "mps" where parts.count == 1:
      guard ct_mps_available() else {
        throw FathomError(.engine, "device mps is not available here", mend: "use cpu for \(.device)")
      }
      self = .mps
    case "cuda":
      let index = parts.count == 1 ? 0 : Int(parts[1]) ?? -1
      let count = Int(ct_cuda_count())
      guard index >= 0, index < count else {
        throw FathomError(
          .engine, "device \(text) is not available (\(count) CUDA devices found)",
          mend: "use cpu for \(.device)")
      }
      self = .cuda(index)
    default:
      throw FathomError(
        .setting, "device '\(text)' is not known", mend: "use cpu, cuda, cuda:N, mps or auto for \(.device)")
    }
  }

  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    case .mps: "mps"
    }
  }

  var code: (type: Int32, index: Int32) {
    switch self {
    case .cpu: (Int32(CT_CPU), 0)
    case .cuda(let index): (Int32(CT_CUDA), Int32(index))
    case .mps: (Int32(CT_MPS), 0)
    }
  }

  init(type: Int32, index: Int32) {
    switch type {
    case Int32(CT_CUDA): self = .cuda(Int(index))
    case Int32(CT_MPS): self = .mps
    default: self = .cpu
    }
  }
}
