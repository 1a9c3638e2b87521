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

  /// Runs `body` with a fresh folder that is gone afterwards.
  public static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "fathom-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
