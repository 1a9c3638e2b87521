import Checkpoint
import Files
import Foundation

/// The families of encoders that Fathom reads, a line for each.
public enum EncoderRegistry {
  private static let families = [
    Family(BERTModel.self)
  ]

  /// Loads the encoder of a model folder.
  /// - Throws: `FathomError` naming the file, and the key or the tensor that is wrong.
  public static func open(
    _ checkpoint: Checkpoint, options: EncoderOptions = EncoderOptions()
  ) throws -> any Encoder {
    try family(checkpoint.config).open(checkpoint, options)
  }

  /// The sizes of a model folder's encoder; of a folder that has no weights yet, those of its config.json.
  /// - Throws: `FathomError` naming the file and the key that is wrong.
  public static func config(folder: URL) throws -> any EncoderConfig {
    if let checkpoint = try? Checkpoint(folder: folder) { return try config(checkpoint) }
    let file = try ConfigFile(folder: folder)
    return try family(file).stated(file)
  }

  public static func config(_ checkpoint: Checkpoint) throws -> any EncoderConfig {
    try family(checkpoint.config).config(checkpoint)
  }

  private static func family(_ file: ConfigFile) throws -> Family {
    let type = try file.text("model_type") ?? BERTModel.modelType
    if let family = families.first(where: { $0.modelType == type }) { return family }
    let known = families.map(\.modelType).joined(separator: ", ")
    throw file.unsupported(
      "model_type is '\(type.prefix(60))'", mend: "bring an encoder of a family that Fathom reads: \(known)")
  }

  private struct Family: Sendable {
    let modelType: String
    let open: @Sendable (Checkpoint, EncoderOptions) throws -> any Encoder
    let config: @Sendable (Checkpoint) throws -> any EncoderConfig
    let stated: @Sendable (ConfigFile) throws -> any EncoderConfig

    init<E: Encoder>(_: E.Type) {
      modelType = E.modelType
      open = { try E($0, options: $1) }
      config = { try E.Config($0) }
      stated = { try E.Config($0) }
    }
  }
}
