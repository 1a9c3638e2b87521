import Files
import Foundation
import Torch

/// The tensors of a model folder in the Hugging Face layout, under one set of names.
///
/// Names are those of today's checkpoints without the `bert.` prefix (`encoder.layer.0.attention.self.query.weight`,
/// `classifier.weight`); older `gamma` and `beta` and the `module.` of data parallel training read the same.
public struct Checkpoint: Sendable {
  public let folder: URL
  private let tensors: [String: StoredTensor]

  /// Finds `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin` or its index, in this order.
  public init(folder: URL) throws {
    self.folder = folder
    func file(_ name: String) -> URL? {
      let url = folder.appendingPathComponent(name)
      return FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
    var stored: [StoredTensor] = []
    if let url = file("model.safetensors") {
      stored = try SafeTensors.read(url).tensors
    } else if let url = file("model.safetensors.index.json") {
      for shard in try Checkpoint.shards(url) { stored += try SafeTensors.read(shard).tensors }
    } else if let url = file("pytorch_model.bin") {
      stored = try TorchArchive.read(url)
    } else if let url = file("pytorch_model.bin.index.json") {
      for shard in try Checkpoint.shards(url) { stored += try TorchArchive.read(shard) }
    } else {
      throw CheckpointError(
        "\(folder.path) has no model.safetensors or pytorch_model.bin: name a model folder, or run `fathom fetch bert-base-cased`"
      )
    }
    var tensors: [String: StoredTensor] = [:]
    for tensor in stored {
      let name = Checkpoint.canonical(tensor.name)
      guard tensors[name] == nil else {
        throw CheckpointError(
          "\(folder.path): two tensors are named '\(name)': the checkpoint mixes two models")
      }
      tensors[name] = tensor
    }
    self.tensors = tensors
  }

  public var names: [String] { tensors.keys.sorted() }

  public subscript(name: String) -> StoredTensor? { tensors[Checkpoint.canonical(name)] }

  public func contains(_ name: String) -> Bool { self[name] != nil }

  /// Fills every parameter of a module from the tensor of its name.
  /// - Parameter rename: the checkpoint's name for a parameter's; the same by default.
  /// - Throws: ``CheckpointError`` for a missing tensor or another shape.
  public func load(
    into module: any Module, prefix: String = "", rename: (String) -> String = { $0 }
  ) throws {
    for (name, parameter) in module.namedParameters(prefix: prefix) {
      let wanted = rename(name)
      guard let stored = self[wanted] else {
        throw CheckpointError(
          "\(folder.path): tensor '\(wanted)' is missing: config.json and the weights do not belong together")
      }
      try stored.load(into: parameter.wrappedValue)
    }
  }

  static func canonical(_ name: String) -> String {
    var name = name[...]
    if name.hasPrefix("module.") { name = name.dropFirst(7) }
    if name.hasPrefix("bert.") { name = name.dropFirst(5) }
    if name.hasSuffix(".gamma") { return name.dropLast(5) + "weight" }
    if name.hasSuffix(".beta") { return name.dropLast(4) + "bias" }
    return String(name)
  }

  /// The files that an index names; a name with a folder in it is refused.
  private static func shards(_ index: URL) throws -> [URL] {
    guard let data = try? Data(contentsOf: index),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let map = root["weight_map"] as? [String: String]
    else { throw CheckpointError("\(index.path) has no weight_map: download it again") }
    return try Set(map.values).sorted().map { name in
      guard !name.contains("/"), name != ".." else {
        throw CheckpointError("\(index.path) names '\(name)', which is outside the folder: download it again")
      }
      return index.deletingLastPathComponent().appendingPathComponent(name)
    }
  }
}
