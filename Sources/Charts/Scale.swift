import Foundation

/// Maps values to a share of an axis, from 0 at its lower end to 1.
public struct Scale: Sendable {
  public enum Kind: Sendable { case linear, logarithmic }

  public let kind: Kind
  public let domain: ClosedRange<Double>

  /// - Parameter domain: of a logarithmic scale above 0; one of no extent is widened.
  public init(_ kind: Kind = .linear, _ domain: ClosedRange<Double>) {
    self.kind = kind
    let isEmpty = domain.upperBound <= domain.lowerBound
    switch kind {
    case .linear:
      self.domain = isEmpty ? domain.lowerBound...domain.lowerBound + 1 : domain
    case .logarithmic:
      precondition(domain.lowerBound > 0, "a logarithmic scale begins above 0")
      self.domain = isEmpty ? domain.lowerBound...domain.lowerBound * 1.01 : domain
    }
  }

  /// Around the values, its ends on multiples of `step`.
  /// - Parameter values: none give `0...step`; what is not finite is passed over.
  public static func linear(around values: [Double], step: Double) -> Scale {
    let finite = values.filter(\.isFinite)
    let low = ((finite.min() ?? 0) / step).rounded(.down) * step
    let high = ((finite.max() ?? step) / step).rounded(.up) * step
    return Scale(.linear, low...max(low + step, high))
  }

  /// - Parameter margin: a factor that leaves room beside the first and the last value.
  public static func logarithmic(around values: [Double], margin: Double = 1) -> Scale {
    let positive = values.filter { $0.isFinite && $0 > 0 }
    let low = (positive.min() ?? 1) / margin
    return Scale(.logarithmic, low...max((positive.max() ?? 1) * margin, low))
  }

  public func share(_ value: Double) -> Double {
    let (low, high) = (domain.lowerBound, domain.upperBound)
    switch kind {
    case .linear: return (value - low) / (high - low)
    case .logarithmic: return log(max(value, .leastNormalMagnitude) / low) / log(high / low)
    }
  }

  /// Round values within the domain, about `count` of them: multiples of 1, 2 or 5 times a power of ten, and
  /// on a logarithmic axis those numbers themselves where it is long enough to hold three of them.
  public func ticks(about count: Int = 5) -> [Double] {
    if kind == .logarithmic, let powers = logarithmicTicks { return powers }
    let (low, high) = (domain.lowerBound, domain.upperBound)
    let rough = (high - low) / Double(max(count, 1))
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? power
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard first <= last else { return [] }
    // The sum makes a 0 of -0.
    return stride(from: first, through: last, by: 1).map { $0 * step + 0 }
  }

  private var logarithmicTicks: [Double]? {
    let decades = Int(floor(log10(domain.lowerBound)))...Int(ceil(log10(domain.upperBound)))
    let candidates = decades.flatMap { decade in [1, 2, 5].map { $0 * pow(10, Double(decade)) } }
    let within = candidates.filter(domain.contains)
    guard within.count >= 3 else { return nil }
    let powers = within.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
    return within.count > 12 && powers.count >= 3 ? powers : within
  }
}
