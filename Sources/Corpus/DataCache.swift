import Files
import Foundation

/// What was made of large data files, kept in the user's cache: the next command maps it instead of reading
/// the data again, so that it starts at once however many rows there are.
///
/// An entry belongs to one source; when that changes, its place is taken by the new one. Entries unused for
/// two months go when the next one is made.
public struct DataCache: Sendable {
  let folder: URL
  /// Bytes of the smallest data file whose reading is worth an entry.
  let smallest: Int

  public init(folder: URL, smallest: Int = 16 << 20) { (self.folder, self.smallest) = (folder, smallest) }

  /// In `XDG_CACHE_HOME`, or `~/.cache`.
  public static var standard: DataCache {
    let home = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
    let base = home ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
    return DataCache(folder: base.appendingPathComponent("fathom/data"))
  }

  /// The file that an earlier call made with the same key, or a new one, whose first section is the key.
  /// - Parameters:
  ///   - name: of the source; a new key replaces an old one of the same name.
  ///   - key: everything that the content depends on.
  /// - Throws: what `make` throws, and `FathomError` when the disk is full. Where the folder cannot be
  ///   written to, the file is a
  ///   temporary one.
  func file(_ name: String, key: String, make: (SectionWriter) throws -> Void) throws -> SectionFile {
    let url = folder.appendingPathComponent(String(TextList.hash(name), radix: 16) + ".data")
    if let file = DataCache.open(url, key) { return file }
    func body(_ writer: SectionWriter) throws {
      try writer.appendSection(Array(key.utf8))
      try make(writer)
    }
    try? FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    sweep()
    let partial = url.path + ".\(UUID().uuidString).partial"
    let descriptor = Foundation.open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return try SectionFile.temporary(body) }
    // As long as it is being written, so that what a killed process leaves can be told.
    flock(descriptor, LOCK_EX | LOCK_NB)
    let full = FathomError(
      .diskFull, at: folder.path, "cannot be written to", mend: "free some space, or give \(.dataCache)")
    do {
      let file = try SectionFile.write(to: descriptor, full: full, body)
      rename(partial, url.path)
      return file
    } catch {
      unlink(partial)
      throw error
    }
  }

  private static func open(_ url: URL, _ key: String) -> SectionFile? {
    let descriptor = Foundation.open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, let file = SectionFile(descriptor: descriptor), file.sectionCount > 0,
      file.section(0).elementsEqual(key.utf8)
    else { return nil }
    try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: url.path)
    return file
  }

  /// Removes what killed processes left half-written and what nobody used for two months.
  private func sweep() {
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.contentModificationDateKey])) ?? []
    for file in files {
      if file.pathExtension == "partial" {
        let descriptor = Foundation.open(file.path, O_RDWR | O_CLOEXEC)
        if descriptor < 0 { continue }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(file.path) }
        close(descriptor)
      } else if file.pathExtension == "data",
        let used = try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate,
        Date().timeIntervalSince(used) > 60 * 24 * 3600
      {
        unlink(file.path)
      }
    }
  }
}

/// Where a data set comes from, for what is derived of it.
struct DataOrigin: Sendable {
  let cache: DataCache
  let name: String
  let key: String

  /// Files that may be read, or nil: no entry is made of them.
  init?(_ urls: [URL], cache: DataCache, options: [String]) {
    var paths: [String] = [], states: [String] = []
    var size = 0
    for url in urls {
      if DataFile.isStandardInput(url) { return nil }
      let path = url.resolvingSymlinksInPath().standardizedFileURL.path
      var information = stat()
      guard stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return nil }
      #if os(Linux)
        let times = [information.st_mtim, information.st_ctim]
      #else
        let times = [information.st_mtimespec, information.st_ctimespec]
      #endif
      size += Int(information.st_size)
      paths.append(path)
      states.append(
        "\(information.st_size) \(information.st_ino) "
          + times.map { "\($0.tv_sec).\($0.tv_nsec)" }.joined(separator: " "))
    }
    guard size >= cache.smallest else { return nil }
    self.cache = cache
    name = (paths + options).debugDescription
    key = name + " " + states.joined(separator: " ")
  }

  private init(_ cache: DataCache, _ name: String, _ key: String) {
    (self.cache, self.name, self.key) = (cache, name, key)
  }

  /// nil for none.
  init?(all origins: [DataOrigin]) {
    guard let first = origins.first else { return nil }
    self.init(first.cache, origins.map(\.name).debugDescription, origins.map(\.key).debugDescription)
  }

  func derived(_ what: String) -> DataOrigin { DataOrigin(cache, name + " " + what, key + " " + what) }

  func file(_ make: (SectionWriter) throws -> Void) throws -> SectionFile {
    try cache.file(name, key: key, make: make)
  }
}
