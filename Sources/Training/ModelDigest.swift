import Files
import Foundation

extension ModelIdentity {
  /// SHA-256 over the files of a model folder that decide what it computes: configuration, weights and
  /// tokenizer.
  /// - Throws: `FathomError` when one of them cannot be read.
  public static func digest(of folder: URL) throws -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let lines = try names.filter(decides).sorted().map { name in
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
    return texts.contains(name)
      || [".safetensors", ".bin", ".pt", ".index.json"].contains { name.hasSuffix($0) }
  }
}
