import Files
import Foundation

/// Data files of a folder that is laid out as Hugging Face lays them out.
enum DataFolder {
  struct Part {
    let url: URL
    /// `dataset_info.json` of the folder
    let info: Data?
  }

  static let endings: Set<String> = [
    "csv", "tsv", "tab", "jsonl", "ndjson", "json", "parquet", "pq", "arrow", "arrows", "feather", "ipc",
  ]

  /// The files of a folder that `save_to_disk` wrote, or with files or a folder named after the split; nil for
  /// one of another kind.
  /// - Throws: `FathomError` for one that is damaged or has other splits.
  static func parts(_ folder: URL, split: CorpusReader.Split) throws -> [Part]? {
    if let data = try? Data(contentsOf: folder.appendingPathComponent("dataset_dict.json")) {
      return try savedParts(try member(split, of: data, folder))
    }
    if exists("state.json", in: folder) { return try savedParts(folder) }
    let inner = folder.appendingPathComponent(split.rawValue)
    if FolderFormat.isFolder(inner) {
      if exists("state.json", in: inner) { return try savedParts(inner) }
      let files = try dataFiles(inner)
      return files.isEmpty ? nil : files.map { Part(url: $0, info: nil) }
    }
    for place in [folder, folder.appendingPathComponent("data")] where FolderFormat.isFolder(place) {
      let files = try dataFiles(place).filter { isNamed($0, after: split) }
      if !files.isEmpty { return files.map { Part(url: $0, info: nil) } }
    }
    return nil
  }

  /// The folder of a split in what a `DatasetDict` wrote.
  private static func member(_ split: CorpusReader.Split, of data: Data, _ folder: URL) throws -> URL {
    guard let root = (try? BoundedJSON.value(data)) as? [String: Any],
      let splits = root["splits"] as? [String]
    else { throw damaged(folder.appendingPathComponent("dataset_dict.json"), "does not list its splits") }
    guard splits.contains(split.rawValue) else {
      throw FathomError(
        .data, at: folder.path, "has no split '\(split.rawValue)' (it has \(ListText(splits)))",
        mend: "name the folder of the split that you mean")
    }
    return folder.appendingPathComponent(split.rawValue)
  }

  private static func savedParts(_ folder: URL) throws -> [Part] {
    let state = folder.appendingPathComponent("state.json")
    let data = try MappedFile(state)
    guard let root = (try? BoundedJSON.value(Data(data.bytes))) as? [String: Any],
      let files = root["_data_files"] as? [[String: Any]], !files.isEmpty
    else { throw damaged(state, "does not list its data files") }
    if let indices = root["_indices_data_files"] as? [Any], !indices.isEmpty {
      throw FathomError(
        .unsupported, at: state.path, "keeps the order of its rows in a file of its own",
        mend: "save it again with a newer datasets, or call flatten_indices() before")
    }
    let info = try? Data(contentsOf: folder.appendingPathComponent("dataset_info.json"))
    return try files.map { file in
      guard let name = file["filename"] as? String, !name.isEmpty, !name.hasPrefix("."), !name.contains("/")
      else { throw damaged(state, "names a data file that is none of this folder") }
      return Part(url: folder.appendingPathComponent(name), info: info)
    }
  }

  private static func damaged(_ url: URL, _ what: String) -> FathomError {
    FathomError(.damaged, at: url.path, Sentence(what), mend: "save the data set again")
  }

  private static func exists(_ name: String, in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  private static func dataFiles(_ folder: URL) throws -> [URL] {
    try FolderFormat.list(folder).map { folder.appendingPathComponent($0) }
      .filter { endings.contains(DataFile.ending($0)) && !FolderFormat.isFolder($0) }
  }

  /// `train.csv`, `train-00000-of-00002.parquet`, `dev.jsonl`
  private static func isNamed(_ file: URL, after split: CorpusReader.Split) -> Bool {
    let words: [String] =
      switch split {
      case .train: ["train", "training"]
      case .validation: ["validation", "valid", "val", "dev"]
      case .test: ["test", "testing"]
      }
    let name = file.lastPathComponent.lowercased()
    return words.contains { name.hasPrefix($0) && name.dropFirst($0.count).first?.isLetter == false }
  }
}
