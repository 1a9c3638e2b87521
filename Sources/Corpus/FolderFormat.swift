import Files
import Foundation

/// `PATH/pos/*.txt` and `PATH/neg/*.txt` (any class names), or the same one folder down in `train` or `test`.
struct FolderFormat: LabelledTextFormat {
  private let root: URL
  private var labels: ArraySlice<String>
  private var label = ""
  private var files: ArraySlice<String> = []

  init(_ url: URL, split: CorpusReader.Split) throws {
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

  mutating func next() throws -> LabelledText? {
    while files.isEmpty {
      guard let next = labels.popFirst() else { return nil }
      label = try checked(next) { root.path }
      files = try FolderFormat.list(root.appendingPathComponent(label)).filter { $0.hasSuffix(".txt") }[...]
    }
    let file = root.appendingPathComponent(label).appendingPathComponent(files.removeFirst())
    let source = try TextSource(file)
    guard let text = String(validating: source.bytes[source.start...], as: UTF8.self) else {
      throw TextSource.notUTF8(file.path)
    }
    return LabelledText(text: text, label: label, path: file.path, line: nil)
  }

  /// Hidden names are no data: `.DS_Store`, and the `._NAME` that macOS leaves beside files on foreign disks.
  private static func list(_ folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { !$0.hasPrefix(".") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw FathomError(.unreadable, at: folder.path, "cannot be listed", mend: "check its permissions")
    }
  }

  private static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }
}
