import Files
import Foundation

/// The files of a model's repository that Fathom reads; all others stay where they are.
enum ModelFiles {
  static let config = "config.json"
  static let vocabularies = ["tokenizer.json", "vocab.txt"]
  /// What a tokenizer does may be in any of them, and not every model has them.
  static let optional = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]

  /// Forms of weights, the one that is taken first: a file, or the index of its parts.
  static let weights = ["model.safetensors", "pytorch_model.bin"].map {
    (file: $0, index: $0 + ".index.json")
  }

  /// The parts that an index names.
  /// - Throws: `FathomError` for an index that names none, or one outside the folder.
  static func parts(_ index: URL) throws -> [String] {
    guard let data = try? Data(contentsOf: index),
      let map = (try? BoundedJSON.value(data) as? [String: Any])?["weight_map"] as? [String: Any],
      !map.isEmpty
    else {
      throw FathomError(.damaged, at: index.path, "the index has no weight_map", mend: "name another model")
    }
    let names = Set(map.values.map { $0 as? String ?? "" }).sorted()
    guard names.allSatisfy({ HubListing.isFile($0) && !$0.contains("/") && !$0.hasPrefix(".") }) else {
      throw FathomError(
        .damaged, at: index.path, "the index names a file outside the folder", mend: "name another model")
    }
    return names
  }
}
