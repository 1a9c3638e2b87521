import Files
import Foundation

/// Which files of a data set's repository are meant: by its card, or by their names, as `datasets` has it.
/// - Source: huggingface.co/docs/hub/datasets-file-names-and-splits
struct DataFiles {
  private let listing: HubListing
  private let name: HubDataName

  /// Forms that readers of labelled texts know, without `.gz` or `.zst` behind them.
  private static let endings: Set<String> = [
    "csv", "tsv", "tab", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather",
  ]
  /// Words of file names and folders that mean a split.
  private static let words = [
    "train": ["train", "training"], "validation": ["validation", "valid", "dev", "val"],
    "test": ["test", "testing", "eval", "evaluation"],
  ]

  init(_ listing: HubListing, _ name: HubDataName) {
    self.listing = listing
    self.name = name
  }

  /// - Parameter usual: the split where the name says none: `train`, `validation` or `test`.
  /// - Throws: `FathomError` that lists what there is.
  func paths(split usual: String) throws -> [String] {
    let (configuration, split) = try choice(usual)
    let files =
      try configuration.map { try matched($0, split, isNamed: name.parts.count > 0) } ?? named(split)
    let known = files.filter { DataFiles.isKnown($0) }
    guard !known.isEmpty else {
      let what: Sentence =
        files.isEmpty
        ? "the data set has no files that are called as its split '\(split)'"
        : "its split '\(split)' is in \(files[0]), which Fathom does not read"
      throw fault(what, "name another split, or convert its files")
    }
    return known
  }

  // MARK: Configuration and split

  /// - Returns: the configuration of the card; nil where the card has none, and names of files decide.
  private func choice(_ usual: String) throws -> (HubListing.Configuration?, String) {
    let all = listing.configurations
    guard !all.isEmpty else { return (nil, name.parts.last.flatMap { $0.isEmpty ? nil : $0 } ?? usual) }
    let names = ListText(all.map(\.name)).description
    func configuration(_ wanted: String) throws -> HubListing.Configuration {
      if wanted.isEmpty { return try standard() }
      guard let found = all.first(where: { $0.name == wanted }) else {
        throw fault("the data set has no configuration '\(wanted)': it has \(names)", "name one of them")
      }
      return found
    }
    func standard() throws -> HubListing.Configuration {
      if all.count == 1 { return all[0] }
      guard let found = all.first(where: { $0.isDefault }) ?? all.first(where: { $0.name == "default" })
      else {
        throw fault(
          "the data set has several configurations (\(names))",
          "name one: hf:\(name.repository):\(all[0].name)")
      }
      return found
    }
    switch name.parts.count {
    case 0: return (try standard(), usual)
    case 1:
      if all.contains(where: { $0.name == name.parts[0] }) {
        return (try configuration(name.parts[0]), usual)
      }
      let found = try standard()
      guard name.parts[0].isEmpty || found.splits.contains(where: { $0.name == name.parts[0] }) else {
        let splits = ListText(found.splits.map(\.name)).description
        throw fault(
          "'\(name.parts[0])' is neither a configuration (\(names)) nor a split (\(splits)) of the data set",
          "name one of them")
      }
      return (found, name.parts[0].isEmpty ? usual : name.parts[0])
    default: return (try configuration(name.parts[0]), name.parts[1].isEmpty ? usual : name.parts[1])
    }
  }

  private func matched(
    _ configuration: HubListing.Configuration, _ split: String, isNamed: Bool
  ) throws -> [String] {
    // A card may name configurations without their files.
    guard !configuration.splits.isEmpty else {
      return named(split, under: configuration.folder ?? configuration.name)
    }
    guard let found = DataFiles.split(split, in: configuration.splits.map(\.name)),
      let patterns = configuration.splits.first(where: { $0.name == found })?.patterns
    else {
      let splits = ListText(configuration.splits.map(\.name)).description
      throw fault(
        "the data set has no split '\(split)': it has \(splits)",
        "name one behind a colon: hf:\(name.repository):\(configuration.splits[0].name)")
    }
    let globs = patterns.map(PathPattern.init)
    return listing.files.filter { file in globs.contains { $0.matches(file) } }
  }

  /// The split of that name, or of one that means the same (`dev` for `validation`).
  private static func split(_ wanted: String, in names: [String]) -> String? {
    if names.contains(wanted) { return wanted }
    return words[wanted].flatMap { others in names.first { others.contains($0.lowercased()) } }
  }

  // MARK: By name

  private func named(_ split: String) -> [String] {
    guard name.parts.count == 2, !name.parts[0].isEmpty else { return named(split, under: nil) }
    return named(split, under: name.parts[0])
  }

  /// Files whose name, or a folder of it, has the split's word between its delimiters; where no split has any,
  /// all of them are `train`.
  private func named(_ split: String, under folder: String?) -> [String] {
    var files = listing.files.filter { DataFiles.isKnown($0) && $0.lowercased() != "requirements.txt" }
    if let folder {
      let inside = files.filter { $0.hasPrefix(folder + "/") }
      if !inside.isEmpty { files = inside }
    }
    func with(_ words: [String]) -> [String] {
      files.filter { file in
        let parts = file.lowercased().split { !$0.isLetter }
        return words.contains { word in parts.contains { $0 == word } }
      }
    }
    let found = with(DataFiles.words[split] ?? [split.lowercased()])
    if !found.isEmpty || split != "train" { return found }
    let others = with(DataFiles.words.values.flatMap { $0 })
    return others.isEmpty ? files : []
  }

  private static func isKnown(_ file: String) -> Bool {
    guard !file.hasPrefix("."), let last = file.split(separator: "/").last, !last.hasPrefix(".") else {
      return false
    }
    var parts = last.lowercased().split(separator: ".").map(String.init)
    if let packed = parts.last, ["gz", "zst"].contains(packed) { parts.removeLast() }
    let configurations = ["config.json", "dataset_info.json", "dataset_infos.json", "state.json"]
    return parts.count > 1 && endings.contains(parts.last!) && !configurations.contains(last.lowercased())
  }

  private func fault(_ what: Sentence, _ mend: Sentence) -> FathomError {
    FathomError(.notFound, at: name.description, what, mend: mend)
  }
}

/// A pattern of paths: `*` and `?` stay in a folder, `**` goes through folders.
struct PathPattern {
  private let parts: [Substring]

  init(_ text: String) {
    parts = text.split(separator: "/").filter { $0 != "." }
  }

  func matches(_ path: String) -> Bool { matches(path.split(separator: "/")) }

  /// Each pair of positions is looked at once, whatever the pattern.
  private func matches(_ folders: [Substring]) -> Bool {
    var reached = [Bool](repeating: false, count: folders.count + 1)
    reached[0] = true
    for part in parts {
      var next = [Bool](repeating: false, count: folders.count + 1)
      if part == "**" {
        var isOpen = false
        for index in reached.indices {
          isOpen = isOpen || reached[index]
          next[index] = isOpen
        }
      } else {
        for index in folders.indices where reached[index] {
          next[index + 1] = PathPattern.matches(part, folders[index])
        }
      }
      reached = next
    }
    return reached[folders.count]
  }

  private static func matches(_ pattern: Substring, _ name: Substring) -> Bool {
    let pattern = Array(pattern.unicodeScalars), name = Array(name.unicodeScalars)
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        (p, n) = (p + 1, n + 1)
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (p, n) = (last.pattern + 1, last.name + 1)
      } else {
        return false
      }
    }
    while p < pattern.count, pattern[p] == "*" { p += 1 }
    return p == pattern.count
  }
}
