import Files
import Foundation

/// What a repository holds at one commit.
struct HubListing: Codable {
  /// A part of a data set that has files of its own.
  struct Configuration: Codable {
    let name: String
    let isDefault: Bool
    /// Where its files are, if the card says that and not which they are.
    let folder: String?
    /// Patterns of file names by split, in the order of the data set's card.
    let splits: [Split]
  }

  struct Split: Codable {
    let name: String
    let patterns: [String]
  }

  let commit: String
  /// Paths with `/`, each one that a folder may hold.
  let files: [String]
  let configurations: [Configuration]

  /// Reads the answer of `/api/models/NAME/revision/REVISION`.
  /// - Returns: nil for anything that is no such answer, an HTML page say.
  init?(answer: Data) {
    guard let object = try? BoundedJSON.value(answer) as? [String: Any],
      let commit = object["sha"] as? String, HubName.isCommit(commit),
      let siblings = object["siblings"] as? [[String: Any]]
    else { return nil }
    self.commit = commit
    files = siblings.compactMap { $0["rfilename"] as? String }.filter(HubListing.isFile)
    let card = object["cardData"] as? [String: Any]
    configurations = (card?["configs"] as? [[String: Any]] ?? []).compactMap(Configuration.init)
  }

  init(commit: String, files: [String], configurations: [Configuration] = []) {
    self.commit = commit
    self.files = files
    self.configurations = configurations
  }

  /// Whether a path stays in the folder that it is given in, whoever wrote it.
  static func isFile(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return path.utf8.count <= 1000
      && parts.allSatisfy { part in
        !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 250
          && !part.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F || $0 == "\\" }
      }
  }
}

extension HubListing.Configuration {
  fileprivate init?(_ object: [String: Any]) {
    guard let name = object["config_name"] as? String else { return nil }
    self.name = name
    isDefault = object["default"] as? Bool ?? false
    folder = object["data_dir"] as? String
    splits = HubListing.Configuration.splits(object["data_files"])
  }

  /// One pattern, a list of them, a list of splits with their patterns, or patterns by split.
  private static func splits(_ files: Any?) -> [HubListing.Split] {
    func patterns(_ value: Any?) -> [String] { (value as? String).map { [$0] } ?? value as? [String] ?? [] }
    if let table = files as? [String: Any] {
      return table.sorted { $0.key < $1.key }.map {
        HubListing.Split(name: $0.key, patterns: patterns($0.value))
      }
    }
    if let list = files as? [[String: Any]] {
      return list.compactMap { entry in
        (entry["split"] as? String).map { HubListing.Split(name: $0, patterns: patterns(entry["path"])) }
      }
    }
    let all = patterns(files)
    return all.isEmpty ? [] : [HubListing.Split(name: "train", patterns: all)]
  }
}
