import Files
import Foundation

/// Reads labelled texts from an aclImdb-like folder, a CSV, TSV or JSON Lines file.
public struct CorpusReader: Sendable {
  /// Which half of a folder that holds both is meant.
  public enum Split: String, Sendable { case train, validation, test }

  /// Column (CSV, TSV: a name, or a number from 1) or key (JSON Lines).
  public var textColumn: String
  public var labelColumn: String
  /// Whether the first row of a CSV or TSV names the columns.
  public var hasHeader: Bool

  public init(textColumn: String = "text", labelColumn: String = "label", hasHeader: Bool = true) {
    self.textColumn = textColumn
    self.labelColumn = labelColumn
    self.hasHeader = hasHeader
  }

  /// A data set whose texts stay on disk, as does the index of them.
  /// - Parameters:
  ///   - classes: those of the training data; nil makes them from these examples.
  ///   - cache: where what was read of a large file is kept for the next time.
  /// - Throws: ``CorpusError`` naming the file and the line.
  public func dataSet(_ url: URL, split: Split, classes: [String]? = nil, cache: DataCache? = nil) throws
    -> DataSet
  {
    let options = ["layout 1", textColumn, labelColumn, "\(hasHeader)"]
    return try DataSet(
      classes: classes, origin: cache.flatMap { DataOrigin(url, cache: $0, options: options) }
    ) { add in
      try forEach(url, split: split, add)
    }
  }

  /// All examples in memory.
  /// - Throws: ``CorpusError`` naming the file and the line.
  public func read(_ url: URL, split: Split) throws -> [LabelledText] {
    var examples: [LabelledText] = []
    try forEach(url, split: split) { text, label, place in
      examples.append(LabelledText(text: text, label: label, place: place()))
    }
    return examples
  }

  private typealias Body = (_ text: String, _ label: String, _ place: @escaping () -> String) throws -> Void

  private func forEach(_ url: URL, split: Split, _ body: Body) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw CorpusError("\(url.path) does not exist: name a data folder or a .csv, .tsv or .jsonl file")
    }
    var isEmpty = true
    let counting: Body = { text, label, place in
      isEmpty = false
      try body(text, label, place)
    }
    if isFolder.boolValue {
      try readFolder(url, split: split, counting)
    } else {
      switch url.pathExtension.lowercased() {
      case "csv": try readTable(url, delimiter: ",", counting)
      case "tsv", "tab": try readTable(url, delimiter: "\t", counting)
      case "jsonl", "ndjson", "json": try readJSONLines(url, counting)
      default:
        throw CorpusError(
          "\(url.path): the ending is not .csv, .tsv or .jsonl: rename the file or convert it")
      }
    }
    if isEmpty { throw CorpusError("\(url.path) holds no examples: check the path and the columns") }
  }

  // MARK: Folders

  /// `PATH/pos/*.txt` and `PATH/neg/*.txt` (any class names), or the same one folder down in `train` or `test`.
  private func readFolder(_ url: URL, split: Split, _ body: Body) throws {
    let inner = url.appendingPathComponent(split.rawValue)
    let root = FileManager.default.fileExists(atPath: inner.path) ? inner : url
    let classes = try list(root).filter { name in
      var isFolder: ObjCBool = false
      // aclImdb keeps its unlabelled reviews beside the classes.
      return FileManager.default.fileExists(
        atPath: root.appendingPathComponent(name).path, isDirectory: &isFolder)
        && isFolder.boolValue && name != "unsup" && !name.hasPrefix(".")
    }
    guard !classes.isEmpty else {
      throw CorpusError(
        "\(root.path) has no class folders: expected \(split.rawValue)/pos/*.txt and \(split.rawValue)/neg/*.txt"
      )
    }
    for label in classes {
      let folder = root.appendingPathComponent(label)
      for name in try list(folder) where name.hasSuffix(".txt") {
        let file = folder.appendingPathComponent(name)
        try body(try text(file), label) { file.path }
      }
    }
  }

  private func list(_ folder: URL) throws -> [String] {
    do { return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } catch {
      throw CorpusError("\(folder.path) cannot be listed: check its permissions")
    }
  }

  private func text(_ file: URL) throws -> String {
    guard let data = try? Data(contentsOf: file) else {
      throw CorpusError("\(file.path) cannot be read: check its permissions")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw CorpusError("\(file.path) is not UTF-8: convert it")
    }
    return text
  }

  // MARK: Tables

  private func readTable(_ url: URL, delimiter: Character, _ body: Body) throws {
    var records = try DelimitedRecords(url, delimiter: delimiter)
    var first: [String]?
    if hasHeader {
      guard let header = try records.next() else {
        throw CorpusError("\(url.path) is empty: bring the file again")
      }
      first = header.fields
    }
    let textIndex = try column(textColumn, first, url)
    let labelIndex = try column(labelColumn, first, url)
    while let record = try records.next() {
      let place = { "\(url.path), line \(record.line)" }
      guard record.fields.count > max(textIndex, labelIndex),
        first == nil || record.fields.count == first!.count
      else {
        throw CorpusError(
          "\(place()): \(record.fields.count) fields where \(first?.count ?? max(textIndex, labelIndex) + 1) are expected: "
            + "quote texts that hold the delimiter")
      }
      try body(
        record.fields[textIndex], try label(record.fields[labelIndex], place), place)
    }
  }

  private func column(_ name: String, _ header: [String]?, _ url: URL) throws -> Int {
    if let index = header?.firstIndex(of: name) { return index }
    if let number = Int(name), number >= 1, number <= header?.count ?? 1000 { return number - 1 }
    guard let header else {
      throw CorpusError(
        "without a header, columns are numbers from 1: give --text-column and --label-column as numbers")
    }
    throw CorpusError(
      "\(url.path) has no column '\(name)' (it has \(header.joined(separator: ", "))): choose with --text-column and --label-column"
    )
  }

  private func label(_ text: String, _ place: () -> String) throws -> String {
    // Most labels are plain words, which need no trimming by Unicode's rules.
    let isPlain =
      text.utf8.first.map { (0x21..<0x7F).contains($0) } == true
      && text.utf8.last.map { (0x21..<0x7F).contains($0) } == true
    let label = isPlain ? text : text.trimmingCharacters(in: .whitespaces)
    guard !label.isEmpty else { throw CorpusError("\(place()): the label is empty") }
    return label
  }

  // MARK: JSON Lines

  private func readJSONLines(_ url: URL, _ body: Body) throws {
    let file = try MappedFile(url, mayBeEmpty: true)
    let bytes = file.bytes
    var start = 0
    var number = 0
    while start < bytes.count {
      let end = bytes.first(10, from: start) ?? bytes.count
      let line = bytes[start..<end]
      start = end + 1
      file.release(upTo: end)
      number += 1
      if line.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { continue }
      let place = { [number] in "\(url.path), line \(number)" }
      guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
        throw CorpusError("\(place()) is not a JSON object: write one object a line")
      }
      guard let text = object[textColumn] as? String else {
        throw CorpusError("\(place()) has no text under '\(textColumn)': choose the key with --text-column")
      }
      let word: String
      switch object[labelColumn] {
      case let found as String: word = found
      case let found as NSNumber: word = found.stringValue
      default:
        throw CorpusError(
          "\(place()) has no label under '\(labelColumn)': choose the key with --label-column")
      }
      try body(text, try label(word, place), place)
    }
  }
}
