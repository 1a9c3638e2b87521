import Files
import Foundation

/// Models and data sets by their names at Hugging Face, through the cache that its own libraries use: what is
/// there is taken at once, and what is missing is fetched.
public struct Hub: Sendable {
  /// How a caller follows what is fetched.
  public struct Progress: Sendable {
    /// Bytes of a file so far, of how many, and in how many seconds.
    public var received:
      @Sendable (_ file: String, _ received: Int, _ total: Int?, _ seconds: Double) -> Void = {
        _, _, _, _ in
      }
    public var fetched: @Sendable (_ file: String) -> Void = { _ in }
    public var note: @Sendable (String) -> Void = { _ in }
    public var shouldStop: @Sendable () -> Bool = { false }
    /// Waits before another try.
    public var pause: @Sendable (_ seconds: Double) -> Void = { Thread.sleep(forTimeInterval: $0) }

    public init() {}
  }

  public let settings: HubSettings
  let progress: Progress
  var client: HubClient { HubClient(settings: settings, progress: progress) }

  public init(_ settings: HubSettings, progress: Progress = Progress()) {
    self.settings = settings
    self.progress = progress
  }

  /// Whether something of the repository is in the cache.
  public func knows(_ name: HubName) -> Bool {
    FileManager.default.fileExists(atPath: HubCache(name, in: settings.cache).folder.path)
  }

  /// A folder with what Fathom reads of a model.
  /// - Parameters:
  ///   - asksAnew: whether the Hub is asked what the revision is now, though the cache has it.
  ///   - check: looks at the folder when nothing but config.json is sure to be there: what it refuses costs
  ///     no download.
  /// - Throws: `FathomError`, one sentence.
  public func model(_ name: HubName, asksAnew: Bool = false, check: (URL) throws -> Void = { _ in }) throws
    -> URL
  {
    let cache = HubCache(name, in: settings.cache)
    if !asksAnew || settings.isOffline, let commit = cache.commit(of: name.revision),
      let missing = try missing(cache, commit), missing.isEmpty || settings.isOffline
    {
      return cache.snapshot(commit)
    }
    try refuseOffline(name, cache)
    let listing: HubListing
    do { listing = try self.listing(name, cache, asksAnew) } catch let error as FathomError {
      // A network that fails, or a model that is gone there, costs nobody the one that is here.
      guard error.code == .network || error.code == .notFound && !asksAnew,
        let commit = cache.commit(of: name.revision),
        try missing(cache, commit) != nil
      else { throw error }
      progress.note("\(error.description): what is in the cache is taken")
      return cache.snapshot(commit)
    }
    try fetch(listing, name, cache, check)
    try cache.write(commit: listing.commit, of: name.revision)
    return cache.snapshot(listing.commit)
  }

  private func listing(_ name: HubName, _ cache: HubCache, _ asksAnew: Bool) throws -> HubListing {
    // A model that is there in part is completed, not replaced by a newer one.
    guard !asksAnew, let commit = cache.commit(of: name.revision), cache.has(ModelFiles.config, commit),
      let there = HubName("\(name.id)@\(commit)", kind: name.kind)
    else { return try client.listing(name) }
    return try client.listing(there)
  }

  func refuseOffline(_ name: HubName, _ cache: HubCache) throws {
    guard settings.isOffline else { return }
    throw FathomError(
      .notFound, at: name.description,
      "the \(name.kind.word) is not in \(cache.folder.path), or not all of it, and HF_HUB_OFFLINE keeps the network out",
      mend: "unset it for once, or name a folder")
  }

  /// Files that may be missing from a snapshot that can be used.
  /// - Returns: nil where it cannot be used, since files are missing that every model has.
  private func missing(_ cache: HubCache, _ commit: String) throws -> [String]? {
    func has(_ file: String) -> Bool { cache.has(file, commit) }
    guard has(ModelFiles.config), ModelFiles.vocabularies.contains(where: has) else { return nil }
    let isWhole = ModelFiles.weights.contains { form in
      if has(form.file) { return true }
      guard has(form.index) else { return false }
      let parts = try? ModelFiles.parts(cache.snapshot(commit).appendingPathComponent(form.index))
      return parts?.allSatisfy(has) ?? false
    }
    guard isWhole else { return nil }
    return (ModelFiles.vocabularies + ModelFiles.optional).filter { !has($0) && !cache.lacks($0, commit) }
  }

  private func fetch(
    _ listing: HubListing, _ name: HubName, _ cache: HubCache, _ check: (URL) throws -> Void
  ) throws {
    let commit = listing.commit, folder = cache.snapshot(listing.commit), held = Set(listing.files)
    func bring(_ file: String) throws { try self.bring(file, commit, name, cache) }
    func refuse(_ what: Sentence) -> FathomError {
      FathomError(.unsupported, at: name.description, what, mend: "name a BERT in Hugging Face's layout")
    }
    guard held.contains(ModelFiles.config) else { throw refuse("the model has no config.json") }
    guard ModelFiles.vocabularies.contains(where: held.contains) else {
      throw refuse("the model has neither vocab.txt nor tokenizer.json")
    }
    try bring(ModelFiles.config)
    try check(folder)
    for file in ModelFiles.vocabularies + ModelFiles.optional {
      if held.contains(file) { try bring(file) } else { cache.note(absent: file, commit) }
    }
    let there = ModelFiles.weights.first { cache.has($0.file, commit) }
    guard
      let form = there
        ?? ModelFiles.weights.first(where: { held.contains($0.file) || held.contains($0.index) })
    else { throw refuse("the model has neither model.safetensors nor pytorch_model.bin") }
    if there != nil || held.contains(form.file) { return try bring(form.file) }
    try bring(form.index)
    for part in try ModelFiles.parts(folder.appendingPathComponent(form.index)) { try bring(part) }
  }

  /// Puts a file into the snapshot.
  func bring(_ file: String, _ commit: String, _ name: HubName, _ cache: HubCache) throws {
    if cache.has(file, commit) { return }
    guard let answer = try client.file(file, commit, of: name) else {
      throw FathomError(
        .notFound, at: name.description, "\(settings.host) lists \(file) and does not have it",
        mend: "try later")
    }
    let blob = cache.blob(answer.etag)
    try HubCache.make(blob.deletingLastPathComponent())
    var isTold = false
    try cache.locked(answer.etag) {
      if !isTold { progress.note("waiting for another program that fetches \(file)") }
      isTold = true
      if progress.shouldStop() {
        throw FathomError(.failed, "stopped", mend: "run the same command to go on")
      }
      Thread.sleep(forTimeInterval: 0.2)
    } _: {
      if FileManager.default.fileExists(atPath: blob.path) { return }
      try client.fetch(file, commit, of: name, answer, to: blob)
      progress.fetched(file)
    }
    try cache.link(file, commit, to: answer.etag)
  }
}
