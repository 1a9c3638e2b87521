import Checkpoint
import Files
import Foundation

extension ModelIdentity {
  /// SHA-256 over the files of a model folder that decide what it computes: configuration, weights and
  /// tokenizer.
  ///
  /// Of several forms of weights those count that are read: a folder of Hugging Face's cache may get others at
  /// any time.
  /// - Throws: `FathomError` when one of them cannot be read.
  public static func digest(of folder: URL) throws -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let used = (try? Checkpoint.weightNames(folder)).map(Set.init)
    func isRead(_ name: String) -> Bool {
      guard let used, weights.contains(where: name.hasSuffix) else { return true }
      return used.contains(name)
    }
    let lines = try names.filter { decides($0) && isRead($0) }.sorted().map { name in
      "\(try FileDigest.sha256(of: folder.appendingPathComponent(name))) \(name)"
    }
    return Data(lines.joined(separator: "\n").utf8).sha256
  }

  private static func decides(_ name: String) -> Bool {
    let texts = [
      "config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "added_tokens.json",
      "special_tokens_map.json",
    ]
    if name.hasPrefix(".") || name == "training-state.safetensors" { return false }
    return texts.contains(name) || weights.contains { name.hasSuffix($0) }
  }

  private static let weights = [".safetensors", ".bin", ".pt", ".index.json"]
}
