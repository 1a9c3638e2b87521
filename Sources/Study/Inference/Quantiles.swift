import Foundation

/// Quantiles of the distributions that bounds are made of.
package enum Quantiles {
  /// The share of a standard normal above `z`.
  package static func normalTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

  /// The `z` that a standard normal exceeds with the given probability, to 1e-9.
  /// - Source: Acklam 2003, "An algorithm for computing the inverse normal cumulative distribution function",
  ///   with one step of Halley's method.
  /// - Precondition: a tail between 0 and 1, neither included.
  package static func normal(tail: Double) -> Double {
    precondition(tail > 0 && tail < 1, "a tail of \(tail)")
    let p = 1 - tail
    var z: Double
    if min(p, tail) < 0.02425 {
      let q = (-2 * log(min(p, tail))).squareRoot()
      let lower = polynomial(c, q) / (polynomial(d, q) * q + 1)
      z = p < tail ? lower : -lower
    } else {
      let q = p - 0.5
      z = polynomial(a, q * q) * q / (polynomial(b, q * q) * q * q + 1)
    }
    let error = (tail - normalTail(z)) * (2 * Double.pi).squareRoot() * exp(z * z / 2)
    z -= error / (1 + z * error / 2)
    return z
  }

  private static let a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690, -30.66479806614716,
    2.506628277459239,
  ]
  private static let b = [
    -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
  ]
  private static let c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ]
  private static let d = [
    0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416,
  ]

  /// Coefficients from the highest power down.
  private static func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
  }

  /// The value that Student's t exceeds with the given probability.
  /// - Parameter degrees: of freedom, 1 at least; need not be whole.
  /// - Source: Hill 1970, "Algorithm 396: Student's t-quantiles"; one and two degrees exactly, between them
  ///   and up to three by interpolation in 1/degrees.
  package static func student(tail: Double, degrees: Double) -> Double {
    precondition(tail > 0 && tail < 0.5 && degrees >= 1, "t of \(degrees) degrees above \(tail)")
    if degrees > 1e6 { return normal(tail: tail) }
    if degrees == 1 { return 1 / tan(Double.pi * tail) }
    if degrees == 2 { return (2 / (2 * tail * (2 - 2 * tail)) - 2).squareRoot() }
    if degrees < 3 {
      let lower = degrees < 2 ? 1.0 : 2
      let (from, to) = (
        student(tail: tail, degrees: lower), student(tail: tail, degrees: lower + 1)
      )
      let weight = (1 / lower - 1 / degrees) / (1 / lower - 1 / (lower + 1))
      return exp(log(from) * (1 - weight) + log(to) * weight)
    }
    return hill(2 * tail, degrees)
  }

  /// - Parameter p: of both tails.
  private static func hill(_ p: Double, _ n: Double) -> Double {
    let a = 1 / (n - 0.5)
    let b = 48 / (a * a)
    var c = ((20_700 * a / b - 98) * a - 16) * a + 96.36
    let d = ((94.5 / (b + c) - 3) / b + 1) * (a * Double.pi / 2).squareRoot() * n
    var y = pow(d * p, 2 / n)
    if y > 0.05 + a {
      let x = -normal(tail: p / 2)
      y = x * x
      if n < 5 { c += 0.3 * (n - 4.5) * (x + 0.6) }
      c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
      y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
      y = expm1(a * y * y)
    } else {
      y =
        ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1)
        * (n + 1) / (n + 2) + 1 / y
    }
    return (n * y).squareRoot()
  }
}
