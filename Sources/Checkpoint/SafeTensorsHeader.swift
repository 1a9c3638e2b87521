import Files
import Foundation
import Torch

/// The header of a safetensors file, read entry by entry: memory is what the tensors' names and shapes take.
struct SafeTensorsHeader {
  private(set) var tensors: [StoredTensor] = []
  private(set) var metadata: [String: String] = [:]
  private let file: MappedFile
  /// Where the tensors' bytes begin.
  private let start: Int
  /// Most tensors share their shape with a neighbour.
  private var lastShape: [Int] = []

  /// More dimensions than any tensor has.
  static let mostDimensions = 64

  init(_ file: MappedFile) throws {
    self.file = file
    guard let length = file.number(at: 0, as: UInt64.self), length >= 2,
      length <= UInt64(file.count - 8), length <= 100_000_000, let header = file.slice(8, Int(length))
    else {
      throw FathomError(
        .damaged, at: file.url.path, "is not a safetensors file (its header length does not fit the file)",
        mend: "download it again")
    }
    start = 8 + Int(length)
    // An entry takes some 50 bytes; a list that grows would hold twice the memory for a moment.
    tensors.reserveCapacity(header.count / 64)
    do {
      var reader = JSONReader(header)
      try reader.members { reader, name in try read(name, &reader) }
      try reader.end()
    } catch is JSONReader.Fault {
      throw fault("has a header that is not JSON, or an entry that is no tensor")
    }
    try checkOrder()
    tensors.sort { $0.name < $1.name }
    for (one, next) in zip(tensors, tensors.dropFirst()) where one.name == next.name {
      throw fault("names tensor '\(one.name.prefix(200))' twice")
    }
  }

  private mutating func read(_ name: String, _ reader: inout JSONReader) throws {
    if name == "__metadata__" {
      try reader.members { reader, key in metadata[key] = try reader.text() }
      return
    }
    var type: String?
    var shape: [Int]?
    var range: [Int]?
    try reader.members { reader, key in
      switch key {
      case "dtype": type = try reader.text()
      case "shape": shape = try integers(&reader, atMost: Self.mostDimensions)
      case "data_offsets": range = try integers(&reader, atMost: 2)
      default: _ = try reader.scalar()
      }
    }
    guard let type, let shape, let range, range.count == 2 else {
      throw fault("has a malformed entry for tensor '\(name.prefix(200))'")
    }
    try add(name, type, shape, from: range[0], to: range[1])
  }

  private func integers(_ reader: inout JSONReader, atMost limit: Int) throws -> [Int] {
    var numbers: [Int] = []
    try reader.elements { reader in
      numbers.append(try reader.integer())
      if numbers.count > limit { throw fault("has a list of more than \(limit) numbers") }
    }
    return numbers
  }

  private mutating func add(_ name: String, _ type: String, _ shape: [Int], from: Int, to: Int) throws {
    guard let dtype = SafeTensors.types[type] else {
      throw FathomError(
        .unsupported, at: file.url.path,
        "tensor '\(name.prefix(200))' has type \(type.prefix(60)), which Fathom does not read",
        mend: "bring a checkpoint in float32, float16 or bfloat16")
    }
    guard from >= 0, to >= from, to <= file.count - start else {
      throw fault("is cut short: tensor '\(name.prefix(200))' ends at byte \(to) of \(file.count - start)")
    }
    guard byteCount(shape, dtype) == to - from else {
      throw fault("gives tensor '\(name.prefix(200))' \(to - from) bytes, which do not fit its shape")
    }
    if shape != lastShape { lastShape = shape }
    tensors.append(
      StoredTensor(
        name: name, dtype: dtype, shape: lastShape, strides: nil, offsetBytes: start + from, file: file))
  }

  /// Every byte belongs to one tensor, as the reference library wants it.
  private mutating func checkOrder() throws {
    tensors.sort { ($0.offsetBytes, $0.sizeBytes) < ($1.offsetBytes, $1.sizeBytes) }
    var end = start
    for tensor in tensors {
      guard tensor.offsetBytes == end else {
        throw fault("has bytes of no tensor or of two before tensor '\(tensor.name.prefix(200))'")
      }
      end += tensor.sizeBytes
    }
    guard end == file.count else { throw fault("has \(file.count - end) bytes after its last tensor") }
  }

  private func fault(_ what: Sentence) -> FathomError {
    FathomError(.damaged, at: file.url.path, what, mend: "download it again")
  }
}
