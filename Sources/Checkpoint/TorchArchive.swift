import Files
import Foundation
import Torch

/// What `torch.save` wrote: the zip format, or the older one that checkpoints of 2019 are in.
/// - Source: `torch/serialization.py`, `_load` and `_legacy_load`.
public enum TorchArchive {
  /// Finds the tensors of a state dictionary without running or copying anything.
  /// - Throws: `FathomError` naming the file and the tensor that is wrong.
  public static func read(_ url: URL) throws -> [StoredTensor] {
    let file = try MappedFile(url)
    return file.number(at: 0, as: UInt32.self) == 0x0403_4b50 ? try readZip(file) : try readLegacy(file)
  }

  private static func readZip(_ file: MappedFile) throws -> [StoredTensor] {
    let directory = try ZipDirectory(file)
    let pickles = directory.entries.filter { $0.key.hasSuffix("/data.pkl") }
    guard pickles.count < 2 else {
      throw FathomError(
        .damaged, at: file.url.path, "holds \(pickles.count) models",
        mend: "save each one in a file of its own")
    }
    guard let entry = pickles.first else {
      throw FathomError(
        .unsupported, at: file.url.path, "is a zip archive but not of torch.save",
        mend: "bring a pytorch_model.bin")
    }
    let folder = entry.key.dropLast("data.pkl".count)
    if let order = directory.entries[folder + "byteorder"],
      file.slice(order.offset, order.length).map({ String(decoding: $0, as: UTF8.self) }) == "big"
    {
      throw FathomError(
        .damaged, at: file.url.path, "was saved on a big-endian machine",
        mend: "convert it to safetensors there")
    }
    var machine = PickleMachine(
      file.slice(entry.value.offset, entry.value.length)!, fileSize: file.count, name: file.url.path)
    let root = try machine.run()
    return try tensors(machine, root, file) { directory.entries["\(folder)data/\($0)"] }
  }

  /// Pickles of the magic number, the protocol, the system, the object and the storages' keys; then each
  /// storage as its element count and its bytes.
  private static func readLegacy(_ file: MappedFile) throws -> [StoredTensor] {
    // PROTO 2, LONG1 of ten bytes: 0x1950a86a20f9469cfc6c
    let magic: [UInt8] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
    guard let start = file.slice(0, magic.count), start.elementsEqual(magic) else {
      throw FathomError(
        .damaged, at: file.url.path, "is not a PyTorch checkpoint",
        mend: "bring what torch.save wrote (.pt, pytorch_model.bin), or a model.safetensors")
    }
    var position = 0
    for _ in 0..<3 {
      var machine = PickleMachine(
        file.bytes, at: position, fileSize: file.count, name: file.url.path)
      _ = try machine.run()
      position = machine.position
    }
    var machine = PickleMachine(
      file.bytes, at: position, fileSize: file.count, name: file.url.path)
    let root = try machine.run()
    var keyMachine = PickleMachine(
      file.bytes, at: machine.position, fileSize: file.count, name: file.url.path)
    let keyRoot = try keyMachine.run()
    position = keyMachine.position
    var sizes: [String: Int] = [:]
    for case .storage(let key, let dtype, _) in machine.values { sizes[key] = dtype.sizeBytes }
    var storages: [String: (offset: Int, length: Int)] = [:]
    guard case .sequence(let keys) = keyMachine.values[keyRoot] else {
      throw FathomError(.damaged, at: file.url.path, "lists no storages", mend: "download it again")
    }
    for index in keys {
      guard case .string(let key) = keyMachine.values[index], let size = sizes[key],
        let count = file.number(at: position, as: Int64.self), count >= 0, count <= file.count / size,
        file.slice(position + 8, Int(count) * size) != nil
      else {
        throw FathomError(
          .damaged, at: file.url.path, "is cut short among its storages", mend: "download it again")
      }
      storages[key] = (position + 8, Int(count) * size)
      position += 8 + Int(count) * size
    }
    return try tensors(machine, root, file) { storages[$0] }
  }

  /// Checks every tensor against its storage. A training checkpoint may hold the state dictionary one level
  /// down.
  private static func tensors(
    _ machine: PickleMachine, _ root: Int, _ file: MappedFile,
    storage: (String) -> (offset: Int, length: Int)?
  ) throws -> [StoredTensor] {
    guard case .dictionary(var entries) = machine.values[root] else {
      throw FathomError(
        .damaged, at: file.url.path, "holds no state dictionary",
        mend: "save model.state_dict(), not the model")
    }
    for (key, value) in entries {
      if case .string(let name) = machine.values[key],
        ["state_dict", "model_state_dict", "model"].contains(name),
        case .dictionary(let inner) = machine.values[value]
      {
        entries = inner
        break
      }
    }
    var found: [StoredTensor] = []
    for (key, value) in entries {
      guard case .string(let name) = machine.values[key],
        case .tensor(let storageKey, let dtype, _, let offset, let shape, let strides) = machine.values[value]
      else { continue }
      guard let (start, length) = storage(storageKey) else {
        throw FathomError(
          .damaged, at: file.url.path, "the data of tensor '\(name)' is missing", mend: "download it again")
      }
      guard offset >= 0, let needed = byteCount(shape, dtype), needed <= length,
        let last = lastElement(shape, strides), last <= length / dtype.sizeBytes,
        offset <= length / dtype.sizeBytes - last
      else {
        throw FathomError(
          .damaged, at: file.url.path, "tensor '\(name)' leaves its storage", mend: "download it again")
      }
      found.append(
        StoredTensor(
          name: name, dtype: dtype, shape: shape, strides: strides,
          offsetBytes: start + offset * dtype.sizeBytes,
          file: file))
    }
    return found
  }

  /// Elements from the first to the last that the strides reach, or nil when they are negative or overflow.
  private static func lastElement(_ shape: [Int], _ strides: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var last = 1
    for (size, stride) in zip(shape, strides) {
      if stride < 0 { return nil }
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(step)
      if overflow || sumOverflow { return nil }
      last = sum
    }
    return last
  }
}
