import Files
import Foundation

/// The folder of a repository in Hugging Face's cache: `blobs/ETAG` holds each content once,
/// `snapshots/COMMIT/FILE` are links to them, and `refs/REVISION` says which commit a branch was at.
struct HubCache {
  let folder: URL
  private let locks: URL

  init(_ name: HubName, in cache: URL) {
    folder = cache.appendingPathComponent(name.folder)
    locks = cache.appendingPathComponent(".locks").appendingPathComponent(name.folder)
  }

  /// The commit that a revision was at when it was last asked for.
  func commit(of revision: String) -> String? {
    if HubName.isCommit(revision) { return revision }
    guard let data = try? Data(contentsOf: reference(revision)) else { return nil }
    let text = String(decoding: data.prefix(64), as: UTF8.self).trimmingCharacters(
      in: .whitespacesAndNewlines)
    return HubName.isCommit(text) ? text : nil
  }

  /// Whole or not at all, as others read it at any time.
  func write(commit: String, of revision: String) throws {
    if HubName.isCommit(revision) || self.commit(of: revision) == commit { return }
    let file = reference(revision)
    try HubCache.make(file.deletingLastPathComponent())
    try AtomicFile.write(Data(commit.utf8), to: file)
  }

  private func reference(_ revision: String) -> URL {
    folder.appendingPathComponent("refs").appendingPathComponent(revision)
  }

  func snapshot(_ commit: String) -> URL {
    folder.appendingPathComponent("snapshots").appendingPathComponent(commit)
  }

  func blob(_ etag: String) -> URL { folder.appendingPathComponent("blobs").appendingPathComponent(etag) }

  /// Follows the link: one whose blob is gone does not count.
  func has(_ file: String, _ commit: String) -> Bool {
    FileManager.default.fileExists(atPath: snapshot(commit).appendingPathComponent(file).path)
  }

  /// Files of a snapshot, with the folders that they are in.
  func files(_ commit: String) -> [String] {
    let root = snapshot(commit).path
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: root + "/" + name, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// Names a blob in a snapshot, by a relative link as Hugging Face's: the cache may be moved.
  func link(_ file: String, _ commit: String, to etag: String) throws {
    let pointer = snapshot(commit).appendingPathComponent(file)
    if FileManager.default.fileExists(atPath: pointer.path) { return }
    try HubCache.make(pointer.deletingLastPathComponent())
    let depth = file.split(separator: "/").count + 1
    let target = String(repeating: "../", count: depth) + "blobs/" + etag
    // Made beside and renamed: it may replace one whose blob is gone, and another process may do the same.
    let beside = pointer.deletingLastPathComponent().appendingPathComponent(".\(UUID().uuidString)")
    guard symlink(target, beside.path) == 0 else { throw AtomicFile.fault(pointer, errno) }
    guard rename(beside.path, pointer.path) == 0 else {
      unlink(beside.path)
      throw AtomicFile.fault(pointer, errno)
    }
  }

  // MARK: What a repository does not have

  /// Whether it is known that the repository has no such file, from an earlier look or from Hugging Face's
  /// libraries.
  func lacks(_ file: String, _ commit: String) -> Bool {
    FileManager.default.fileExists(atPath: absence(file, commit).path)
      || tree(commit).map { !$0.contains(file) } ?? false
  }

  /// All files of a commit, where `huggingface_hub` noted them.
  func tree(_ commit: String) -> Set<String>? {
    let file = folder.appendingPathComponent("trees").appendingPathComponent(commit + ".json")
    guard let data = try? Data(contentsOf: file),
      let object = try? BoundedJSON.value(data) as? [String: Any], object["format_version"] as? Int == 1,
      let files = object["files"] as? [String: Any]
    else { return nil }
    return Set(files.keys)
  }

  /// The listing that a data set's files were chosen by; a damaged one is asked for again.
  func listing(_ commit: String) -> HubListing? {
    guard let data = try? Data(contentsOf: listingFile(commit)),
      let listing = try? BoundedJSON.decode(HubListing.self, from: data),
      listing.commit == commit, listing.files.allSatisfy(HubListing.isFile)
    else { return nil }
    return listing
  }

  /// A cache that cannot be written to is asked again next time.
  func keep(_ listing: HubListing) {
    let file = listingFile(listing.commit)
    try? FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard let data = try? JSONEncoder().encode(listing) else { return }
    try? AtomicFile.write(data, to: file)
  }

  /// Beside what Hugging Face's libraries keep, which do not look at it.
  private func listingFile(_ commit: String) -> URL {
    folder.appendingPathComponent("fathom").appendingPathComponent(commit + ".json")
  }

  /// A cache that cannot be written to is asked again next time.
  func note(absent file: String, _ commit: String) {
    let note = absence(file, commit)
    try? FileManager.default.createDirectory(
      at: note.deletingLastPathComponent(), withIntermediateDirectories: true)
    _ = FileManager.default.createFile(atPath: note.path, contents: nil)
  }

  private func absence(_ file: String, _ commit: String) -> URL {
    folder.appendingPathComponent(".no_exist").appendingPathComponent(commit).appendingPathComponent(file)
  }

  // MARK: Locks

  /// Does something while nobody else fetches the same content, here or in a program that uses
  /// `huggingface_hub`.
  /// - Parameter waits: called while another process holds the lock; may throw.
  func locked<R>(_ etag: String, waits: () throws -> Void, _ body: () throws -> R) throws -> R {
    try HubCache.make(locks)
    let file = locks.appendingPathComponent(etag + ".lock")
    while true {
      let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o664)
      guard descriptor >= 0 else { throw AtomicFile.fault(file, errno) }
      defer { close(descriptor) }
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR else {
          // A file system without locks: each try is then one of its own, and the rename decides.
          return try body()
        }
        try waits()
      }
      // Who held it may have removed the file: a lock on that is nobody's.
      var held = stat(), named = stat()
      if fstat(descriptor, &held) == 0, stat(file.path, &named) == 0, held.st_ino == named.st_ino {
        return try body()
      }
    }
  }

  static func make(_ folder: URL) throws {
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw FathomError(
        .unwritable, at: folder.path, "the folder cannot be made",
        mend: "choose another place for the Hub's files with HF_HOME")
    }
  }
}
