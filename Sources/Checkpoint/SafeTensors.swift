import Files
import Foundation
import Torch

/// The safetensors format: eight bytes of header length, a JSON header, the raw tensors.
/// - Source: huggingface/safetensors, README "Format".
public enum SafeTensors {
  private static let types: [String: DType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64, "I32": .int32,
    "I16": .int16, "I8": .int8, "U8": .uint8, "BOOL": .bool,
  ]

  /// Finds the tensors of a file without reading them; memory is bounded by the header's size.
  /// - Throws: ``CheckpointError`` naming the file and the tensor that is wrong.
  public static func read(_ url: URL) throws -> (tensors: [StoredTensor], metadata: [String: String]) {
    let file = try MappedFile(url)
    func fail(_ what: String) -> CheckpointError { CheckpointError("\(url.path) \(what): download it again") }
    guard let headerLength = file.number(at: 0, as: UInt64.self), headerLength >= 2,
      headerLength <= UInt64(file.count - 8), headerLength <= 100_000_000
    else { throw fail("is not a safetensors file (its header length does not fit the file)") }
    let start = 8 + Int(headerLength)
    let header = Data(file.slice(8, Int(headerLength))!)
    guard let entries = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
      throw fail("has a header that is not JSON")
    }
    var tensors: [StoredTensor] = []
    for (name, value) in entries where name != "__metadata__" {
      guard let entry = value as? [String: Any], let typeName = entry["dtype"] as? String,
        let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int],
        offsets.count == 2
      else { throw fail("has a malformed entry for tensor '\(name)'") }
      guard let dtype = types[typeName] else {
        throw CheckpointError(
          "\(url.path): tensor '\(name)' has type \(typeName), which Fathom does not read")
      }
      let (from, to) = (offsets[0], offsets[1])
      guard from >= 0, to >= from, to <= file.count - start else {
        throw fail("is cut short: tensor '\(name)' ends at byte \(to) of \(file.count - start)")
      }
      guard byteCount(shape, dtype) == to - from else {
        throw fail(
          "gives tensor '\(name)' \(to - from) bytes, which is not what shape \(shape) of \(typeName) takes")
      }
      tensors.append(
        StoredTensor(
          name: name, dtype: dtype, shape: shape, strides: nil, offsetBytes: start + from, file: file))
    }
    return (tensors.sorted { $0.name < $1.name }, entries["__metadata__"] as? [String: String] ?? [:])
  }

  /// Writes the tensors in the given order, through a temporary file that takes the name at the end.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], to url: URL, metadata: [String: String] = ["format": "pt"]
  ) throws {
    var entries: [String: Any] = ["__metadata__": metadata]
    var offset = 0
    for (name, tensor) in tensors {
      guard let type = types.first(where: { $0.value == tensor.dtype })?.key else {
        throw CheckpointError("tensor '\(name)' has a type that safetensors does not know")
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
