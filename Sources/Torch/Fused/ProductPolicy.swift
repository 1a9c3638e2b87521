import CTorch

/// Which kernel a product of rows with weights goes to: the only place that says when one pays. The kernels
/// take the limits with each call.
enum ProductPolicy {
  /// Multiplications from which packing weights (and rounding them to bfloat16) is soon made up for.
  static let packedMultiplications: Int64 = 1 << 26

  /// With more rows than this, MKL makes up for copying the weights.
  static let fewRows: Int64 = 64

  /// For rows of this type.
  static func limits(_ dtype: DType) -> ct_product_limits {
    ct_product_limits(
      pack_from: panelsPay(dtype) ? packedMultiplications : .max, round_from: packedMultiplications,
      few_rows: fewRows)
  }

  /// Whether inference multiplies rows by weights that were packed for it.
  /// - Parameter sides: inputs and outputs of the weight.
  static func packs(_ dtype: DType, on device: Device, sides: [Int]) -> Bool {
    Fused.isAvailable(dtype, on: device, widths: sides) && panelsPay(dtype)
  }

  /// oneDNN is faster at bfloat16 where the processor has tiles of hardware (AMX).
  private static func panelsPay(_ dtype: DType) -> Bool { !(dtype == .bfloat16 && ct_has_matrix_tiles()) }
}
