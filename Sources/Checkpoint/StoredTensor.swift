import Files
import Foundation
import Torch

/// A tensor in a mapped file, not read yet. Its range was checked against the file when it was found.
public struct StoredTensor: Sendable {
  public internal(set) var name: String
  public let dtype: DType
  public let shape: [Int]
  /// In elements; nil for row by row.
  let strides: [Int]?
  let offsetBytes: Int
  let file: MappedFile

  /// Calls `body` with a view of the file's bytes as a tensor.
  private func withView<R>(_ body: (Tensor) -> R) -> R {
    let start = file.bytes.baseAddress! + offsetBytes
    // Kernels want aligned elements; a safetensors header may end anywhere.
    if Int(bitPattern: start) % dtype.sizeBytes == 0 {
      return withExtendedLifetime(file) {
        Tensor.borrowing(start, dtype: dtype, shape: shape, strides: strides, body)
      }
    }
    let length = spanBytes
    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(length, 1), alignment: 64)
    defer { copy.deallocate() }
    copy.copyMemory(from: start, byteCount: length)
    return Tensor.borrowing(copy, dtype: dtype, shape: shape, strides: strides, body)
  }

  /// Of the elements, without gaps.
  var sizeBytes: Int { shape.reduce(1, *) * dtype.sizeBytes }

  private var spanBytes: Int {
    guard let strides else { return shape.reduce(1, *) * dtype.sizeBytes }
    if shape.contains(0) { return 0 }
    return (zip(shape, strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 } + 1) * dtype.sizeBytes
  }

  /// A copy in memory, in the stored type.
  public func load() -> Tensor { withView { $0.clone() } }

  /// Fills a tensor, converting the type.
  /// - Throws: `FathomError` when the shapes differ, when the file holds integers for a tensor that is
  ///   trained, or what is not a number: libtorch's own attention makes answers of it that look sound.
  public func load(into destination: Tensor) throws {
    guard dtype.isFloatingPoint || !destination.dtype.isFloatingPoint else {
      throw FathomError(
        .unsupported, at: file.url.path,
        "tensor '\(name)' holds \(String(describing: dtype)), and integers are no weights",
        mend: "bring a checkpoint in float32, float16 or bfloat16")
    }
    guard destination.shape == shape else {
      throw FathomError(
        .damaged, at: file.url.path,
        "tensor '\(name)' has shape \(shape) where config.json asks for \(destination.shape)",
        mend: "the two files do not belong together")
    }
    withView { destination.copy(from: $0) }
    guard StoredTensor.isFinite(destination.detached()) else {
      throw FathomError(
        .notFinite, at: file.url.path,
        "tensor '\(name)' holds values that are not finite: it is damaged, or its training diverged",
        mend: "train the model again, or bring the whole folder again")
    }
  }

  /// The sum needs no memory; only where it is not finite can it be a matter of size alone.
  private static func isFinite(_ x: Tensor) -> Bool {
    !x.dtype.isFloatingPoint || x.sum().item.isFinite || x.abs().max().item.isFinite
  }
}

/// Bytes that a shape takes, or nil when a size is negative or the product overflows.
func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
  var total = dtype.sizeBytes
  for size in shape {
    if size < 0 { return nil }
    let (product, overflow) = total.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    total = product
  }
  return total
}
