import Files
import Checkpoint
import Foundation
import Torch

/// Everything that a run needs to go on as if it had never stopped: one safetensors file.
struct TrainingState: Codable {
  /// Finished epochs
  var history: [EpochRecord] = []
  /// Steps done in the epoch that was under way, 0 between epochs.
  var step = 0
  var lossSum = 0.0
  var seconds = 0.0
  var tokens = 0
  /// The settings and data that the state belongs to.
  let fingerprint: String

  static func file(_ folder: URL) -> URL { folder.appendingPathComponent("training-state.safetensors") }

  /// - Parameter weights: every parameter by name.
  func save(to folder: URL, weights: [(name: String, tensor: Tensor)], optimizer: AdamW) throws {
    let progress = String(decoding: try JSONEncoder().encode(self), as: UTF8.self)
    let tensors =
      weights.map { ("weight." + $0.name, $0.tensor.detached()) }
      + optimizer.state.map { ($0.name, $0.tensor) }
      + [("generator", RandomState.save())]
    try SafeTensors.write(tensors, to: TrainingState.file(folder), metadata: ["progress": progress])
  }

  /// Puts weights, moments and the generator back.
  /// - Throws: when the state belongs to other settings or its file is damaged.
  static func load(
    from folder: URL, fingerprint: String, weights: [(name: String, tensor: Tensor)], optimizer: AdamW
  ) throws -> TrainingState {
    let file = file(folder)
    let (tensors, metadata) = try SafeTensors.read(file)
    guard let progress = metadata["progress"],
      let state = try? JSONDecoder().decode(TrainingState.self, from: Data(progress.utf8))
    else { throw CheckpointError("\(file.path) holds no training state: start again with --overwrite") }
    guard state.fingerprint == fingerprint else {
      throw CheckpointError(
        "\(folder.path) was begun with other settings or data: repeat them, or start again with --overwrite")
    }
    let stored = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    let wanted =
      weights.map { ("weight." + $0.name, $0.tensor) } + optimizer.state.map { ($0.name, $0.tensor) }
    for (name, tensor) in wanted {
      guard let source = stored[name] else {
        throw CheckpointError("\(file.path): tensor '\(name)' is missing: start again with --overwrite")
      }
      try source.load(into: tensor)
    }
    optimizer.didRestore()
    guard let generator = stored["generator"] else {
      throw CheckpointError("\(file.path): the generator's state is missing: start again with --overwrite")
    }
    try RandomState.restore(generator.load())
    return state
  }
}
