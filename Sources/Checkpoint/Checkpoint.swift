import Files
import Foundation
import Torch

/// The tensors of a model folder in the Hugging Face layout, or of one file of weights, under one set of
/// names.
///
/// Names are those of today's checkpoints without the `bert.` prefix
/// (`encoder.layer.0.attention.self.query.weight`, `classifier.weight`); older `gamma` and `beta`, the
/// `module.` of data parallel training and the `clf.` of the study of 2019 read the same.
public struct Checkpoint: Sendable {
  public let folder: URL
  /// The files that hold the weights, in the order of their names.
  public let files: [URL]
  /// In the order of their names; a list takes a third of a dictionary's memory.
  private let tensors: [StoredTensor]
  /// Whether the linear layer is called as the study of 2019 called it, `clf.`
  public let isOfStudy2019: Bool
  private let configFile: Result<ConfigFile, any Error>

  /// Finds `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin` or its index, in this
  /// order, or the only `.pt` of the folder.
  /// - Throws: `FathomError` naming the file, and the tensor that is wrong.
  public init(folder: URL) throws {
    self.folder = folder
    configFile = Result { try ConfigFile(folder: folder) }
    files = try Checkpoint.weightFiles(folder)
    (tensors, isOfStudy2019) = try Checkpoint.tensors(files)
  }

  /// Opens one `.safetensors`, `.bin` or `.pt`.
  /// - Parameter folder: where config.json is; nil for the one that the file is in.
  /// - Throws: `FathomError` naming the file, and the tensor that is wrong.
  public init(file: URL, folder: URL? = nil) throws {
    let home = folder ?? file.deletingLastPathComponent()
    self.folder = home
    configFile = Result { try ConfigFile(folder: home) }
    files = [file]
    (tensors, isOfStudy2019) = try Checkpoint.tensors(files)
  }

  /// The folder's `config.json`, which was read when the checkpoint was opened.
  /// - Throws: `FathomError` when there is no such file, or it is not a JSON object.
  public var config: ConfigFile { get throws { try configFile.get() } }

  public var names: [String] { tensors.map(\.name) }

  public subscript(name: String) -> StoredTensor? {
    let wanted = Checkpoint.canonical(name)
    var (low, high) = (0, tensors.count)
    while low < high {
      let middle = (low + high) / 2
      if tensors[middle].name < wanted { low = middle + 1 } else { high = middle }
    }
    return low < tensors.count && tensors[low].name == wanted ? tensors[low] : nil
  }

  /// The sizes of a matrix; nil where there is none of this name, or an empty one: its rows would be as many
  /// as anyone likes, since they take no byte of the file.
  public func matrix(_ name: String) -> (rows: Int, columns: Int)? {
    guard let shape = self[name]?.shape, shape.count == 2, shape[0] > 0, shape[1] > 0 else { return nil }
    return (shape[0], shape[1])
  }

  public func contains(_ name: String) -> Bool { self[name] != nil }

  /// Fills every parameter of a module from the tensor of its name.
  /// - Parameters:
  ///   - prefix: of the module's parameters in our names.
  ///   - keys: the checkpoint's names for ours.
  /// - Throws: `FathomError` for a missing tensor, another shape, or integers.
  public func load(into module: any Module, prefix: String = "", keys: KeyMap = .identity) throws {
    for (name, parameter) in module.namedParameters(prefix: prefix) {
      let wanted = keys.stored(name)
      guard let stored = self[wanted] else {
        throw FathomError(
          .damaged, at: folder.path, "tensor '\(wanted)' is missing",
          mend: "config.json and the weights do not belong together")
      }
      try stored.load(into: parameter.wrappedValue)
    }
  }

  static func canonical(_ name: String) -> String {
    var name = name[...]
    if name.hasPrefix("module.") { name = name.dropFirst(7) }
    if name.hasPrefix("bert.") { name = name.dropFirst(5) }
    // What the study of 2019 called its linear layer
    if isStudyName(name) { return "classifier." + name.dropFirst(4) }
    if name.hasSuffix(".gamma") { return name.dropLast(5) + "weight" }
    if name.hasSuffix(".beta") { return name.dropLast(4) + "bias" }
    return String(name)
  }

  private static func isStudyName(_ name: some StringProtocol) -> Bool { name.hasPrefix("clf.") }

  private static func tensors(_ files: [URL]) throws -> (tensors: [StoredTensor], isOfStudy2019: Bool) {
    var tensors: [StoredTensor] = []
    for file in files {
      let found =
        file.pathExtension == "safetensors" ? try SafeTensors.read(file).tensors : try TorchArchive.read(file)
      if tensors.isEmpty { tensors = found } else { tensors += found }
    }
    let isOfStudy2019 = tensors.contains { isStudyName($0.name) }
    for index in tensors.indices { tensors[index].name = canonical(tensors[index].name) }
    tensors.sort { $0.name < $1.name }
    for (one, next) in zip(tensors, tensors.dropFirst()) where one.name == next.name {
      throw FathomError(
        .damaged, at: files[0].path, "two tensors are named '\(one.name.prefix(200))'",
        mend: "the checkpoint mixes two models")
    }
    return (tensors, isOfStudy2019)
  }
}

extension Checkpoint {
  /// The names of a folder's files of weights that are read, with that of their index.
  package static func weightNames(_ folder: URL) throws -> [String] {
    let files = try weightFiles(folder).map(\.lastPathComponent)
    let index = ["model.safetensors", "pytorch_model.bin"].first {
      existing($0 + ".index.json", folder) != nil
    }
    guard let index, !["model.safetensors", "pytorch_model.bin"].contains(files.first ?? "") else {
      return files
    }
    return files + [index + ".index.json"]
  }

  private static func weightFiles(_ folder: URL) throws -> [URL] {
    for (name, index) in [
      ("model.safetensors", "model.safetensors.index.json"),
      ("pytorch_model.bin", "pytorch_model.bin.index.json"),
    ] {
      if let file = existing(name, folder) { return [file] }
      if let file = existing(index, folder) { return try shards(file) }
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let archives = names.filter { $0.hasSuffix(".pt") && !$0.hasPrefix(".") }.sorted()
    if archives.count == 1 { return [folder.appendingPathComponent(archives[0])] }
    if archives.count > 1 {
      throw FathomError(
        .unsupported, at: folder.path,
        "there are \(archives.count) files of weights (\(archives.prefix(3).joined(separator: ", ")))",
        mend: "leave one in the folder")
    }
    throw FathomError(
      .notFound, at: folder.path, "the folder has no model.safetensors or pytorch_model.bin",
      mend: "name a model folder, or a model at Hugging Face such as bert-base-cased")
  }

  private static func existing(_ name: String, _ folder: URL) -> URL? {
    let url = folder.appendingPathComponent(name)
    return FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  /// The files that an index names; a name with a folder in it is refused.
  private static func shards(_ index: URL) throws -> [URL] {
    var names: Set<String> = []
    do {
      let data = try Data(contentsOf: index)
      try data.withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        var isFound = false
        try reader.members { reader, name in
          if name != "weight_map" {
            _ = try reader.scalar()
            return
          }
          isFound = true
          try reader.members { reader, _ in names.insert(try reader.text()) }
        }
        try reader.end()
        if !isFound { throw JSONReader.Fault.malformed(offset: 0) }
      }
    } catch {
      throw FathomError(.damaged, at: index.path, "the index has no weight_map", mend: "download it again")
    }
    guard !names.isEmpty else {
      throw FathomError(.damaged, at: index.path, "the index names no file", mend: "download it again")
    }
    return try names.sorted().map { name in
      guard !name.contains("/"), name != "..", name != ".", !name.isEmpty, !name.contains("\0") else {
        throw FathomError(
          .damaged, at: index.path, "the index names '\(name.prefix(200))', which is outside the folder",
          mend: "download it again")
      }
      return index.deletingLastPathComponent().appendingPathComponent(name)
    }
  }
}
