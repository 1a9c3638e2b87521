import Files
import Foundation

extension Hub {
  /// The files of a data set's split, in the snapshot of its commit.
  ///
  /// They come as the repository has them: whether one can be read (CSV, JSON, Parquet) is for the reader of
  /// labelled texts to say.
  /// - Parameter split: where the name says none: `train`, `validation` or `test`.
  /// - Throws: `FathomError`, one sentence.
  public func dataFiles(_ name: HubDataName, split: String) throws -> [URL] {
    let repository = name.repository, cache = HubCache(repository, in: settings.cache)
    if let commit = cache.commit(of: repository.revision) {
      // Without a listing names of files decide, and only offline: a card may say something else.
      let listing =
        cache.listing(commit)
        ?? (settings.isOffline ? HubListing(commit: commit, files: cache.files(commit)) : nil)
      if let listing {
        let paths = try DataFiles(listing, name).paths(split: split)
        if paths.allSatisfy({ cache.has($0, commit) }) { return urls(paths, cache, commit) }
        try refuseOffline(repository, cache)
        return try bring(paths, commit, repository, cache)
      }
    }
    try refuseOffline(repository, cache)
    let known = cache.commit(of: repository.revision).flatMap {
      HubName("\(repository.id)@\($0)", kind: .dataSet)
    }
    let listing = try client.listing(known ?? repository)
    let paths = try DataFiles(listing, name).paths(split: split)
    let found = try bring(paths, listing.commit, repository, cache)
    cache.keep(listing)
    try cache.write(commit: listing.commit, of: repository.revision)
    return found
  }

  private func bring(
    _ paths: [String], _ commit: String, _ repository: HubName, _ cache: HubCache
  ) throws -> [URL] {
    for path in paths { try bring(path, commit, repository, cache) }
    return urls(paths, cache, commit)
  }

  private func urls(_ paths: [String], _ cache: HubCache, _ commit: String) -> [URL] {
    paths.map { cache.snapshot(commit).appendingPathComponent($0) }
  }
}
