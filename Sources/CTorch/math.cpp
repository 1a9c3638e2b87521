#include "shim.hpp"

using namespace fathom;

#define UNARY(name, call)                                                                                    \
  ct_tensor ct_##name(ct_tensor a) {                                                                         \
    return making([&] { return call(take(a)); });                                                            \
  }
#define BINARY(name, call)                                                                                   \
  ct_tensor ct_##name(ct_tensor a, ct_tensor b) {                                                            \
    return making([&] { return call(take(a), take(b)); });                                                   \
  }

extern "C" {
BINARY(add, at::add)
BINARY(sub, at::sub)
BINARY(mul, at::mul)
BINARY(div, at::div)
BINARY(matmul, at::matmul)
BINARY(eq, at::eq)
UNARY(exp, at::exp)
UNARY(log, at::log)
UNARY(sqrt, at::sqrt)
UNARY(abs, at::abs)
UNARY(tanh, at::tanh)
UNARY(relu, at::relu)
UNARY(sigmoid, at::sigmoid)
UNARY(sum, at::sum)
UNARY(mean, at::mean)
UNARY(max, at::max)

ct_tensor ct_add_scalar(ct_tensor a, double b) {
  return making([&] { return at::add(take(a), b); });
}
ct_tensor ct_mul_scalar(ct_tensor a, double b) {
  return making([&] { return at::mul(take(a), b); });
}
ct_tensor ct_pow_scalar(ct_tensor a, double exponent) {
  return making([&] { return at::pow(take(a), exponent); });
}
ct_tensor ct_sum_along(ct_tensor a, int64_t dimension) {
  return making([&] { return at::sum(take(a), dimension); });
}
ct_tensor ct_max_along(ct_tensor a, int64_t dimension) {
  return making([&] { return at::amax(take(a), dimension); });
}
ct_tensor ct_softmax(ct_tensor a, int64_t dimension) {
  return making([&] { return at::softmax(take(a), dimension); });
}
}
