import Testing
import Torch

/// One weight, by the equations of Loshchilov and Hutter 2019.
@Suite struct AdamWSettingsTests {
  @Test func `betas and epsilon are those that were given`() {
    let (beta1, beta2, epsilon, rate) = (0.5, 0.75, 0.125, 0.25)
    let weight = Tensor([Float(1)])
    weight.requiresGradient = true
    let optimizer = AdamW(
      [AdamW.Group("all", [("w", weight)], learningRate: rate, weightDecay: 0)], betas: (beta1, beta2),
      epsilon: epsilon)
    var (expected, mean, square) = (1.0, 0.0, 0.0)
    for step in 1...3 {
      optimizer.clearGradients()
      (weight * weight).sum().backward()
      let gradient = 2 * expected
      mean = beta1 * mean + (1 - beta1) * gradient
      square = beta2 * square + (1 - beta2) * gradient * gradient
      var (correction1, correction2) = (1.0, 1.0)
      for _ in 0..<step { (correction1, correction2) = (correction1 * beta1, correction2 * beta2) }
      let root = (square / (1 - correction2)).squareRoot()
      expected -= rate * mean / (1 - correction1) / (root + epsilon)
      optimizer.step()
      #expect(abs(weight.item - expected) < 1e-6)
    }
  }
}
