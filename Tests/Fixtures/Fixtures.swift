import Foundation

/// Files that tests read and folders that they write.
public enum Fixtures {
  /// `Tests/Goldens`
  public static var goldens: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Goldens")
  }

  /// The project's root.
  public static var root: URL { goldens.deletingLastPathComponent().deletingLastPathComponent() }

  /// The first piece of Swift in an article of the documentation.
  /// - Parameter path: below `Sources`.
  public static func articleCode(_ path: String) throws -> String {
    let article = try String(contentsOf: root.appendingPathComponent("Sources/" + path), encoding: .utf8)
    let parts = article.components(separatedBy: "```")
    return parts.first { $0.hasPrefix("swift\n") }.map { String($0.dropFirst("swift\n".count)) } ?? ""
  }

  /// Runs `body` with a fresh folder that is gone afterwards.
  public static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "fathom-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// A file of these bytes in a folder of its own.
  public static func withFile<R>(
    _ bytes: some Sequence<UInt8>, _ name: String, _ body: (URL) throws -> R
  ) throws -> R {
    try withFolder { folder in
      let file = folder.appendingPathComponent(name)
      try Data(bytes).write(to: file)
      return try body(file)
    }
  }
}
