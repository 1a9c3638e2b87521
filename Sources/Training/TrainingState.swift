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
  /// Of the settings, model and data that the state belongs to
  let identity: String

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
    from folder: URL, identity: String, weights: [(name: String, tensor: Tensor)], optimizer: AdamW
  ) throws -> TrainingState {
    let file = file(folder)
    let (tensors, metadata) = try SafeTensors.read(file)
    guard let progress = metadata["progress"],
      let state = try? BoundedJSON.decode(TrainingState.self, from: Data(progress.utf8))
    else {
      throw FathomError(
        .damaged, at: file.path, "the file holds no training state of this version",
        mend: "start again with \(.overwrite)")
    }
    guard state.identity == identity else {
      throw FathomError(
        .mismatch, at: folder.path, "the run was begun with other settings, another model or other data",
        mend: "give the same as then, or start again with \(.overwrite)")
    }
    let stored = Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let wanted =
      weights.map { ("weight." + $0.name, $0.tensor) } + optimizer.state.map { ($0.name, $0.tensor) }
    for (name, tensor) in wanted {
      guard let source = stored[name] else {
        throw FathomError(
          .damaged, at: file.path, "tensor '\(name)' is missing", mend: "start again with \(.overwrite)")
      }
      try source.load(into: tensor)
    }
    optimizer.didRestore()
    guard let generator = stored["generator"] else {
      throw FathomError(
        .damaged, at: file.path, "the generator's state is missing", mend: "start again with \(.overwrite)")
    }
    try RandomState.restore(generator.load())
    return state
  }
}
