import Files
import Foundation
import Tables

/// `PATH/pos/*.txt` and `PATH/neg/*.txt` (any class names), or the same one folder down in `train` or `test`.
struct FolderFormat: RecordFormat {
  let columns: [String]
  private let root: URL
  private let encoding: CorpusReader.Encoding?
  private var labels: ArraySlice<String>
  private var label = ""
  private var files: ArraySlice<String> = []

  /// - Parameter names: what text and label are called, for there are no other columns.
  init(_ url: URL, split: CorpusReader.Split, encoding: CorpusReader.Encoding?, names: [String]) throws {
    self.encoding = encoding
    columns = names
    let inner = url.appendingPathComponent(split.rawValue)
    let root = FileManager.default.fileExists(atPath: inner.path) ? inner : url
    self.root = root
    let names = try FolderFormat.list(root)
    // aclImdb keeps its unlabelled reviews beside the classes.
    labels = names.filter { $0 != "unsup" && FolderFormat.isFolder(root.appendingPathComponent($0)) }[...]
    guard !labels.isEmpty else {
      let expected = "\(split.rawValue)/pos/*.txt and \(split.rawValue)/neg/*.txt"
      throw FathomError(.data, at: root.path, "has no class folders", mend: "expected are \(expected)")
    }
  }

  mutating func next() throws -> Record? {
    while files.isEmpty {
      guard let next = labels.popFirst() else { return nil }
      label = next
      files = try FolderFormat.list(root.appendingPathComponent(label)).filter { $0.hasSuffix(".txt") }[...]
    }
    let file = root.appendingPathComponent(label).appendingPathComponent(files.removeFirst())
    let source = try TextSource(file, encoding: encoding)
    guard let text = String(validating: source.bytes[source.start...], as: UTF8.self) else {
      throw BadRow(fault: TextSource.notUTF8(file.path))
    }
    return Record(cells: [.text(text), .text(label)], location: Location(file.path))
  }

  /// Hidden names are no data: `.DS_Store`, and the `._NAME` that macOS leaves beside files on foreign disks.
  static func list(_ folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw FathomError(.unreadable, at: folder.path, "cannot be listed", mend: "check its permissions")
    }
  }

  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
