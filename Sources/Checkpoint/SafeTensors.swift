import Files
import Foundation
import Torch

/// The safetensors format: eight bytes of header length, a JSON header, the raw tensors.
/// - Source: huggingface/safetensors, README "Format".
public enum SafeTensors {
  static let types: [String: DType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
    "I16": .int16, "I8": .int8, "U8": .uint8, "BOOL": .bool,
  ]

  /// Finds the tensors of a file without reading them, in the order of their names; memory is bounded by the
  /// header's size. Names that repeat, and bytes of two tensors or of none, are refused as the reference
  /// library does.
  /// - Throws: `FathomError` naming the file and the tensor that is wrong.
  public static func read(_ url: URL) throws -> (tensors: [StoredTensor], metadata: [String: String]) {
    let header = try SafeTensorsHeader(MappedFile(url))
    return (header.tensors, header.metadata)
  }

  /// Writes the tensors in the given order, through a temporary file that takes the name at the end.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], to url: URL, metadata: [String: String] = ["format": "pt"]
  ) throws {
    var entries: [String: Any] = ["__metadata__": metadata]
    var offset = 0
    for (name, tensor) in tensors {
      guard let type = types.first(where: { $0.value == tensor.dtype })?.key else {
        throw FathomError(
          .unsupported, at: url.path, "tensor '\(name)' has a type that safetensors does not know")
      }
      entries[name] = [
        "dtype": type, "shape": tensor.shape, "data_offsets": [offset, offset + tensor.sizeBytes],
      ]
      offset += tensor.sizeBytes
    }
    precondition(entries.count == tensors.count + 1, "two tensors have the same name")
    var header = try JSONSerialization.data(
      withJSONObject: entries, options: [.sortedKeys, .withoutEscapingSlashes])
    // Spaces to a multiple of eight, so that the tensors that follow are aligned.
    header.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8))
    try AtomicFile.write(url) { file in
      try file.write(contentsOf: withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header)
      for (_, tensor) in tensors {
        try tensor.withBytes { bytes in
          guard let start = bytes.baseAddress, bytes.count > 0 else { return }
          let data = Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none)
          try file.write(contentsOf: data)
        }
      }
    }
  }
}
