import Torch

/// What a sub-layer ends with, `x Wᵀ + b`, whose bias is added where the residual is: in one pass over
/// memory.
struct BiasedProduct {
  /// `[T,H]`
  let product: Tensor
  /// `[H]`
  let bias: Tensor

  init(_ layer: Linear, _ x: Tensor) { self.init(product: layer.product(x), bias: layer.bias) }

  init(product: Tensor, bias: Tensor) {
    self.product = product
    self.bias = bias
  }
}

extension LayerNorm {
  /// `norm(x + dropout(y))`: `[T,H]` → `[T,H]`
  func callAsFunction(_ x: Tensor, plus y: BiasedProduct, dropout: Dropout, training: Bool) -> Tensor {
    guard Fused.isAvailable(x.dtype, on: x.device, widths: [weight.shape[0]]) else {
      return self(x + dropout(y.product + y.bias.to(y.product.dtype), training: training))
    }
    return y.product.residualNorm(
      bias: y.bias, residual: x, weight: weight, offset: bias, epsilon: epsilon,
      dropout: training ? dropout.probability : 0)
  }
}
