import Foundation

/// Fetches a file over HTTP: goes on where an earlier try stopped, and checks length and sum before the file
/// takes its name.
public struct Download {
  /// What the finished file must hash to.
  public enum Checksum: Sendable, Equatable {
    case sha256(String)
    case md5(String)
    /// SHA-1, of the content or of git's blob of it: servers of either kind name files by it.
    case sha1(String)

    var expected: String {
      switch self {
      case .sha256(let text), .md5(let text), .sha1(let text): text.lowercased()
      }
    }
  }

  private let request: WebRequest
  private let destination: URL
  private let partial: URL
  /// Which version of the file the partial one is of; nil where its name says so already.
  private let version: FileVersion?
  private let checksum: Checksum?
  private let sizeBytes: Int?
  /// Of a body whose length nobody says.
  private let limitBytes: Int
  private let progress: (_ received: Int, _ total: Int?) -> Void

  /// - Parameters:
  ///   - partial: where what was received is kept until it is whole, under a name that no other version of
  ///     the file has; nil for the destination with `.part`.
  ///   - checksum: nil takes the sum that the server names for large files (`X-Linked-ETag`), if it does.
  ///   - sizeBytes: what the file is known to have; nil believes the server.
  ///   - limitBytes: how much is taken of a server that does not say how much it sends.
  package init(
    _ request: WebRequest, to destination: URL, partial: URL? = nil, checksum: Checksum? = nil,
    sizeBytes: Int? = nil, limitBytes: Int = 1 << 30,
    progress: @escaping (_ received: Int, _ total: Int?) -> Void = { _, _ in }
  ) {
    self.request = request
    self.destination = destination
    self.partial = partial ?? destination.appendingPathExtension("part")
    version = partial == nil ? FileVersion(beside: self.partial) : nil
    self.checksum = checksum
    self.sizeBytes = sizeBytes
    self.limitBytes = limitBytes
    self.progress = progress
  }

  /// - Throws: ``FathomError``; what was received stays beside the destination as `.part` for the next try.
  public static func fetch(
    _ source: URL, to destination: URL, checksum: Checksum? = nil,
    progress: @escaping (_ received: Int, _ total: Int?) -> Void = { _, _ in },
    shouldStop: @escaping () -> Bool = { false }
  ) throws {
    try Download(WebRequest(source), to: destination, checksum: checksum, progress: progress).run(shouldStop)
  }

  /// - Throws: ``FathomError``; what was received stays for the next try.
  package func run(_ shouldStop: @escaping () -> Bool) throws {
    let file = try open()
    defer { try? file.close() }
    var received = try start(file)
    var sum = checksum
    if sizeBytes == nil || received < sizeBytes! {
      let linked = try receive(into: file, &received, shouldStop)
      if sum == nil { sum = linked }
    }
    if let sum { try verify(sum, received) }
    do { try file.synchronize() } catch { throw AtomicFile.fault(destination, error) }
    guard rename(partial.path, destination.path) == 0 else { throw AtomicFile.fault(destination, errno) }
    version?.forget()
  }

  private func open() throws -> FileHandle {
    let folder = destination.deletingLastPathComponent()
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw FathomError(.unwritable, at: folder.path, "cannot be made", mend: "choose another \(.out)")
    }
    // Not through a link: whoever may write to a shared folder must not choose the file.
    let descriptor = Foundation.open(
      partial.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else {
      throw FathomError(
        .unwritable, at: partial.path, "cannot be written", mend: "check the folder's permissions")
    }
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// How much an earlier try received.
  private func start(_ file: FileHandle) throws -> Int {
    let received = Int((try? file.seekToEnd()) ?? 0)
    guard let sizeBytes, received > sizeBytes else { return received }
    try restart(file)
    return 0
  }

  private func restart(_ file: FileHandle) throws {
    do { try file.truncate(atOffset: 0) } catch { throw AtomicFile.fault(partial, error) }
  }

  /// - Returns: the sum that the server names on the way.
  private func receive(
    into file: FileHandle, _ received: inout Int, _ shouldStop: @escaping () -> Bool
  ) throws -> Checksum? {
    var request = request
    let begin = received
    let known = begin > 0 ? version?.known : nil
    if begin > 0 {
      request.headers["Range"] = "bytes=\(begin)-"
      // A server that has another version sends all of it.
      request.headers["If-Range"] = known
    }
    nonisolated(unsafe) var count = received
    nonisolated(unsafe) var total: Int?
    nonisolated(unsafe) var linked: Checksum?
    var handling = WebRequest.Handling()
    handling.shouldStop = shouldStop
    handling.follows = { redirect, _ in
      // Large files are redirected; their sum is named on the way.
      linked = Download.sum(redirect) ?? linked
      return true
    }
    handling.begins = { answer in
      linked = Download.sum(answer) ?? linked
      guard answer.status == 200 || answer.status == 206 else { return false }
      if answer.status == 206, answer["Content-Range"]?.hasPrefix("bytes \(begin)-") != true {
        throw fault(.network, "the server sends another part than was asked for", mend: "run again")
      }
      if answer.status == 206, let known, !FileVersion.may(answer, be: known) { throw changed() }
      // A server without ranges sends everything again.
      if answer.status == 200, begin > 0 {
        try restart(file)
        count = 0
      }
      if answer.status == 200 { version?.note(answer) }
      total = answer.length.map { count + $0 }
      if let total, let sizeBytes, total != sizeBytes {
        throw fault(.network, "the server sends \(total) bytes of a file of \(sizeBytes)", mend: "try later")
      }
      return true
    }
    handling.receives = { data in
      count += data.count
      guard count <= total ?? sizeBytes ?? limitBytes else {
        throw fault(
          .network, "the server sends more than \(total ?? sizeBytes ?? limitBytes) bytes", mend: "try later")
      }
      do { try file.write(contentsOf: data) } catch { throw AtomicFile.fault(partial, error) }
      progress(count, total ?? sizeBytes)
    }
    let answer: WebRequest.Answer
    do { answer = try request.send(handling) } catch is WebRequest.Stopped {
      throw FathomError(
        .failed, "stopped; \(count) bytes are kept", mend: "run the same command to go on")
    } catch let error as FathomError where error.code == .network && error.place != nil {
      throw FathomError(
        .network, at: error.place, error.what,
        mend: "check the network and run again, or bring the file \(place)")
    }
    received = count
    if answer.status == 416, let length = answer.wholeLength, length != begin { throw changed() }
    // 416: an earlier try had received everything.
    guard answer.status == 200 || answer.status == 206 || answer.status == 416 && begin > 0 else {
      throw fault(
        answer.status == 404 ? .notFound : .network, "the server answered \(answer.status)",
        mend: "try later, or bring the file \(place)")
    }
    if answer.status != 416, let total = total ?? sizeBytes, count != total {
      throw fault(.network, "ended at byte \(count) of \(total)", mend: "run again to go on")
    }
    return linked
  }

  /// Throws away what was received of another version.
  private func changed() -> FathomError {
    unlink(partial.path)
    version?.forget()
    return fault(
      .mismatch, "the file has changed since a part of it was received, which was discarded",
      mend: "run again")
  }

  private var place: String { "and put it at \(destination.path)" }

  private func fault(_ code: FathomError.Code, _ what: Sentence, mend: Sentence) -> FathomError {
    FathomError(code, at: request.url.absoluteString, what, mend: mend)
  }

  private func verify(_ checksum: Checksum, _ size: Int) throws {
    let found =
      switch checksum {
      case .sha256: try FileDigest.sha256(of: partial)
      case .md5: try FileDigest.md5(of: partial)
      case .sha1:
        try FileDigest.gitBlob(partial, size: size) == checksum.expected
          ? checksum.expected : FileDigest.sha1(of: partial)
      }
    if found != checksum.expected {
      unlink(partial.path)
      version?.forget()
      throw fault(
        .damaged, "the checksum is \(found) where \(checksum.expected) is expected, the file was discarded",
        mend: "run again")
    }
  }

  private static func sum(_ answer: WebRequest.Answer) -> Checksum? {
    guard let mark = answer["X-Linked-ETag"] else { return nil }
    let sum = mark.trimmingCharacters(in: CharacterSet(charactersIn: "\"W/"))
    return sum.count == 64 && sum.allSatisfy(\.isHexDigit) ? .sha256(sum) : nil
  }
}
