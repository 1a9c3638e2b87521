import Files
import Foundation

/// Asks the Hub over HTTP: what a repository holds, what a file is, and for its bytes.
struct HubClient {
  let settings: HubSettings
  let progress: Hub.Progress

  /// What the Hub says of a file before it sends it.
  struct FileAnswer {
    /// Names the content: SHA-256 of large files, SHA-1 of git's blob of small ones.
    let etag: String
    let sizeBytes: Int?

    var checksum: Download.Checksum? {
      guard etag.allSatisfy(\.isHexDigit) else { return nil }
      switch etag.utf8.count {
      case 64: return .sha256(etag)
      case 40: return .sha1(etag)
      default: return nil
      }
    }
  }

  /// A listing beyond this is no listing.
  private static let answerLimit = 64 << 20
  /// Of a small file whose length nobody says.
  private static let sizeLimit = 256 << 20

  func listing(_ name: HubName) throws -> HubListing {
    let path = "api/\(name.kind.prefix.folder)/\(name.id)/revision/\(HubClient.quoted(name.revision, ""))"
    nonisolated(unsafe) var body = Data()
    let answer = try send(request(path), name) { handling in
      handling.begins = { answer in
        body = Data()
        return answer.status == 200
      }
      handling.receives = { data in
        body += data
        if body.count > HubClient.answerLimit { throw noHub("sends a listing without end") }
      }
    }
    try check(answer, name, nil)
    guard let listing = HubListing(answer: body) else {
      throw noHub("answers with something that is no listing of \(name)")
    }
    if name.isCommit, listing.commit != name.revision {
      throw noHub("answers with another commit of \(name)")
    }
    return listing
  }

  /// - Returns: nil where the repository has no such file.
  func file(_ file: String, _ commit: String, of name: HubName) throws -> FileAnswer? {
    var request = request(path(file, commit, name))
    request.method = "HEAD"
    let answer = try send(request, name) { handling in
      // A redirect elsewhere leads to the bytes: all that is asked for stands in the redirect.
      handling.follows = { redirect, target in WebRequest.isSameOrigin(redirect.url, target) }
    }
    if answer.status == 404, answer["X-Error-Code"] ?? "EntryNotFound" == "EntryNotFound" { return nil }
    try check(answer, name, file)
    let mark = answer["X-Linked-ETag"] ?? answer["ETag"] ?? ""
    let etag = (mark.hasPrefix("W/") ? String(mark.dropFirst(2)) : mark)
      .trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    // It names a file of the cache.
    let isName = etag.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
    }
    guard !etag.isEmpty, etag.utf8.count <= 128, isName else {
      throw noHub("sends \(file) without an ETag that names its content")
    }
    if let stated = answer["X-Repo-Commit"], stated != commit {
      throw noHub("sends \(file) of another commit than was asked for")
    }
    let size = answer["X-Linked-Size"].map { Int($0) } ?? (answer.location == nil ? answer.length : nil)
    guard size ?? 0 >= 0 else { throw noHub("sends \(file) with a length that is no number") }
    return FileAnswer(etag: etag, sizeBytes: size)
  }

  func fetch(_ file: String, _ commit: String, of name: HubName, _ known: FileAnswer, to blob: URL) throws {
    let started = Date()
    let download = Download(
      request(path(file, commit, name)), to: blob, partial: blob.appendingPathExtension("incomplete"),
      checksum: known.checksum, sizeBytes: known.sizeBytes, limitBytes: HubClient.sizeLimit
    ) { received, total in
      progress.received(file, received, total, Date().timeIntervalSince(started))
    }
    // What was received counts: a try that got on starts the count anew.
    var before = -1
    try again(
      name,
      while: {
        let size =
          (try? FileManager.default.attributesOfItem(atPath: blob.path + ".incomplete")[.size] as? Int) ?? 0
        defer { before = size }
        return size > before
      }
    ) { try download.run(progress.shouldStop) }
  }

  // MARK: Requests

  private func path(_ file: String, _ commit: String, _ name: HubName) -> String {
    "\(name.kind.prefix.address)\(name.id)/resolve/\(commit)/\(HubClient.quoted(file, "/"))"
  }

  private func request(_ path: String) -> WebRequest {
    var request = WebRequest(URL(string: settings.endpoint.absoluteString + "/" + path)!)
    request.headers["User-Agent"] = "fathom"
    if let token = settings.token { request.privateHeaders["Authorization"] = "Bearer \(token)" }
    return request
  }

  private static func quoted(_ text: String, _ kept: String) -> String {
    let plain = CharacterSet(
      charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" + kept)
    return text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
  }

  private func send(
    _ request: WebRequest, _ name: HubName, _ handle: (inout WebRequest.Handling) -> Void
  ) throws -> WebRequest.Answer {
    var handling = WebRequest.Handling()
    handling.shouldStop = progress.shouldStop
    handle(&handling)
    do {
      return try again(name, while: { true }) {
        let answer = try request.send(handling)
        if HubClient.passes(answer.status) { throw Busy(answer: answer) }
        return answer
      }
    } catch let busy as Busy { return busy.answer } catch is WebRequest.Stopped {
      throw FathomError(.failed, "stopped", mend: "run the same command to go on")
    } catch let error as FathomError where error.code == .network && error.place?.hasPrefix("http") == true {
      throw unreachable(name, error)
    }
  }

  /// An answer that may be another one a little later.
  private struct Busy: Error {
    let answer: WebRequest.Answer
  }

  private static func passes(_ status: Int) -> Bool { status == 429 || (500...504).contains(status) }

  /// Up to four tries, while each has a chance.
  private func again<R>(_ name: HubName, while hasChance: () -> Bool, _ body: () throws -> R) throws -> R {
    for wait in [1.0, 2, 4] {
      do { return try body() } catch let error {
        // What the network did, not what was made of an answer.
        let fault = error as? FathomError
        let mayPass = error is Busy || fault?.code == .network && fault?.place?.hasPrefix("http") == true
        guard mayPass, hasChance() else { throw error }
        let asked = (error as? Busy)?.answer["Retry-After"].flatMap { Double($0) } ?? 0
        progress.pause(min(max(wait, asked), 30))
        if progress.shouldStop() { throw error }
      }
    }
    return try body()
  }

  // MARK: Errors

  private func noHub(_ what: Sentence) -> FathomError {
    FathomError(
      .network, at: settings.host, what,
      mend: "check HF_ENDPOINT and the network's proxy, or bring the folder and name it")
  }

  private func unreachable(_ name: HubName, _ error: FathomError) -> FathomError {
    FathomError(
      .network, at: name.description,
      "could not be fetched from \(settings.host) (\(error.what.text { $0.rawValue }))",
      mend: "check the network and run again, or bring the files and name their folder")
  }

  /// - Throws: one sentence that says what to do about an answer that is none.
  private func check(_ answer: WebRequest.Answer, _ name: HubName, _ file: String?) throws {
    if (200..<400).contains(answer.status) { return }
    let page = "\(settings.endpoint.absoluteString)/\(name.kind.prefix.address)\(name.id)"
    let code = answer["X-Error-Code"]
    func fault(_ code: FathomError.Code, _ what: Sentence, _ mend: Sentence) -> FathomError {
      FathomError(code, at: name.description, what, mend: mend)
    }
    let word = name.kind.word
    switch (answer.status, code) {
    case (_, "GatedRepo") where settings.token == nil:
      throw fault(
        .network, "the \(word) is gated", "accept its conditions at \(page), then give your token in HF_TOKEN"
      )
    case (_, "GatedRepo"):
      throw fault(
        .network, "the \(word) is gated, and your token has no access to it",
        "accept its conditions at \(page) with the account that the token belongs to")
    case (_, "RevisionNotFound"):
      throw fault(
        .notFound, "\(settings.host) has no revision '\(name.revision)' of this \(word)",
        "look at \(page) for its branches and tags")
    case (401, _) where settings.token != nil:
      throw fault(
        .network, "\(settings.host) does not accept your token, or has no such \(word)",
        "check the name, and the token in HF_TOKEN or in Hugging Face's folder")
    case (401, _), (404, "RepoNotFound"),
      (404, _) where file == nil:
      let hint: Sentence =
        settings.token == nil
        ? "check the name; for a private one give your token in HF_TOKEN"
        : "check the name, and that your token may read it"
      throw fault(.notFound, "there is no such \(word) at \(settings.host), or it is private", hint)
    case (403, _):
      throw fault(
        .network, "\(settings.host) refuses access (403)",
        settings.token == nil ? "give your token in HF_TOKEN" : "check what your token may read")
    case (404, _):
      throw fault(.notFound, "has no \(file ?? "such file")", "name another \(word)")
    case (429, _):
      throw fault(
        .network, "\(settings.host) has had too many requests from here (429)",
        settings.token == nil ? "wait some minutes, or give your token in HF_TOKEN" : "wait some minutes")
    default:
      throw fault(.network, "\(settings.host) answered \(answer.status)", "try later")
    }
  }
}
