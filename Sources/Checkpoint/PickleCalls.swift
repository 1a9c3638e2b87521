import Torch

/// The few calls of a pickle that are carried out: those that put tensors together.
extension PickleMachine {
  mutating func call(_ function: Int, _ arguments: Int) throws {
    guard case .global(let symbol) = values[function], case .sequence(let items) = values[arguments] else {
      return try push(.opaque("call"))
    }
    switch symbol {
    case "collections.OrderedDict": try push(.dictionary([]))
    case "torch.Size": try refer(to: items.first ?? arguments)
    case "torch._utils._rebuild_parameter":
      guard let data = items.first else { throw fail("a parameter without data") }
      try refer(to: data)
    case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
      guard items.count >= 4, case .storage(let key, let dtype, let count) = values[items[0]],
        case .int(let offset) = values[items[1]], let shape = integers(items[2]),
        let strides = integers(items[3]),
        shape.count == strides.count
      else { throw fail("a malformed tensor, or one of more than \(Self.mostDimensions) dimensions,") }
      referencesLeft -= 2 * shape.count  // a tensor keeps its own copy of them
      try push(
        .tensor(storage: key, dtype: dtype, count: count, offset: offset, shape: shape, strides: strides))
    default: try push(.opaque(symbol))
    }
  }

  mutating func persistentStorage() throws {
    guard case .sequence(let items) = values[try pop()], items.count >= 5,
      case .string("storage") = values[items[0]], case .global(let type) = values[items[1]],
      case .string(let key) = values[items[2]], case .int(let count) = values[items[4]]
    else { throw fail("a malformed storage") }
    if items.count > 5, case .sequence = values[items[5]] {
      throw fail("a view of a storage, which Fathom does not read,")
    }
    guard let dtype = PickleMachine.storageTypes[type] else {
      throw fail("storage type \(type), which Fathom does not read,")
    }
    try push(.storage(key: key, dtype: dtype, count: count))
  }

  private static let storageTypes: [String: DType] = [
    "torch.FloatStorage": .float32, "torch.DoubleStorage": .float64, "torch.HalfStorage": .float16,
    "torch.BFloat16Storage": .bfloat16, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
    "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
    "torch.BoolStorage": .bool,
  ]

  /// More than any tensor has.
  private static let mostDimensions = 64

  /// The numbers of a shape.
  private func integers(_ index: Int) -> [Int]? {
    guard case .sequence(let items) = values[index], items.count <= Self.mostDimensions else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard case .int(let number) = values[item] else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
