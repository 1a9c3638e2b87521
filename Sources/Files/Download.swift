import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Fetches a file over HTTP: goes on where an earlier try stopped, and checks the sum before the file takes
/// its name.
///
/// By a delegate, since on Linux URLSession has no `bytes(for:)`, and its `download(for:)` keeps nothing of a try
/// that was stopped.
public final class Download: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  /// What the finished file must hash to.
  public enum Checksum: Sendable, Equatable {
    case sha256(String)
    case md5(String)

    var expected: String {
      switch self {
      case .sha256(let text), .md5(let text): text
      }
    }
  }

  private let destination: URL
  private let partial: URL
  private let source: URL
  private var checksum: Checksum?
  private let progress: (_ received: Int, _ total: Int?) -> Void
  private let finished = DispatchSemaphore(value: 0)
  private var file: FileHandle?
  private var received = 0
  private var total: Int?
  private var status = 0
  private var failure: (any Error)?

  /// - Parameters:
  ///   - checksum: nil takes the sum that the server names for large files (`X-Linked-ETag`), if it does.
  private init(
    _ source: URL, _ destination: URL, _ checksum: Checksum?, _ progress: @escaping (Int, Int?) -> Void
  ) {
    self.source = source
    self.destination = destination
    partial = destination.appendingPathExtension("part")
    self.checksum = checksum
    self.progress = progress
  }

  /// - Throws: ``FathomError``; what was received stays beside the destination as `.part` for the next try.
  public static func fetch(
    _ source: URL, to destination: URL, checksum: Checksum? = nil,
    progress: @escaping (_ received: Int, _ total: Int?) -> Void = { _, _ in },
    shouldStop: @escaping () -> Bool = { false }
  ) throws {
    let download = Download(source, destination, checksum, progress)
    try download.run(shouldStop)
  }

  private func run(_ shouldStop: () -> Bool) throws {
    let folder = destination.deletingLastPathComponent()
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw FathomError(.unwritable, at: folder.path, "cannot be made", mend: "choose another \(.out)")
    }
    if !FileManager.default.fileExists(atPath: partial.path) {
      _ = FileManager.default.createFile(atPath: partial.path, contents: nil)
    }
    guard let handle = FileHandle(forUpdatingAtPath: partial.path) else {
      throw FathomError(
        .unwritable, at: partial.path, "cannot be written", mend: "check the folder's permissions")
    }
    file = handle
    received = Int((try? handle.seekToEnd()) ?? 0)
    var request = URLRequest(url: source, timeoutInterval: 60)
    if received > 0 { request.setValue("bytes=\(received)-", forHTTPHeaderField: "Range") }
    let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
    let task = session.dataTask(with: request)
    task.resume()
    while finished.wait(timeout: .now() + 0.2) == .timedOut {
      if shouldStop() {
        task.cancel()
        break
      }
    }
    session.invalidateAndCancel()
    try? handle.close()
    if shouldStop() {
      throw FathomError(
        .failed, "stopped; \(received) bytes are kept", mend: "run the same command to go on")
    }
    if let failure {
      if let failure = failure as? FathomError { throw failure }
      throw FathomError(
        .network, at: source.absoluteString, "could not be fetched (\(failure.localizedDescription))",
        mend: "check the network and run again, or bring the file and put it at \(destination.path)")
    }
    // 416: an earlier try had received everything.
    guard status == 200 || status == 206 || status == 416 else {
      throw FathomError(
        status == 404 ? .notFound : .network, at: source.absoluteString, "the server answered \(status)",
        mend: "try later, or bring the file and put it at \(destination.path)")
    }
    if let total, received != total, status != 416 {
      throw FathomError(
        .network, at: source.absoluteString, "ended at byte \(received) of \(total)",
        mend: "run again to go on")
    }
    if let checksum { try verify(checksum) }
    guard rename(partial.path, destination.path) == 0 else {
      throw AtomicFile.fault(destination, errno)
    }
  }

  private func verify(_ checksum: Checksum) throws {
    let found =
      switch checksum {
      case .sha256: try FileDigest.sha256(of: partial)
      case .md5: try FileDigest.md5(of: partial)
      }
    if found != checksum.expected.lowercased() {
      unlink(partial.path)
      throw FathomError(
        .damaged, at: source.absoluteString,
        "the checksum is \(found) where \(checksum.expected) is expected, the file was discarded",
        mend: "run again")
    }
  }

  // MARK: URLSessionDataDelegate

  public func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    // On Linux a cancelled answer reports no completion: whoever cancels says itself that it is over.
    func refuse() {
      completionHandler(.cancel)
      dataTask.cancel()
      finished.signal()
    }
    guard let answer = response as? HTTPURLResponse else { return refuse() }
    status = answer.statusCode
    if let mark = answer.value(forHTTPHeaderField: "X-Linked-ETag") { noteSum(mark) }
    let isPart =
      status == 206
      && answer.value(forHTTPHeaderField: "Content-Range")?.hasPrefix("bytes \(received)-") == true
    if status == 206, !isPart {
      status = 0
      return refuse()
    }
    guard status == 200 || status == 206 else { return refuse() }
    do {
      // A server without ranges sends everything again.
      if status == 200 {
        received = 0
        try file?.truncate(atOffset: 0)
      }
      let length = answer.expectedContentLength
      total = length >= 0 ? received + Int(length) : nil
      completionHandler(.allow)
    } catch {
      failure = error
      refuse()
    }
  }

  public func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    do {
      try file?.write(contentsOf: data)
      received += data.count
      progress(received, total)
    } catch {
      failure = AtomicFile.fault(partial, error)
      dataTask.cancel()
      finished.signal()
    }
  }

  public func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    let wasCancelledByAnswer = (error as? URLError)?.code == .cancelled
    if failure == nil, let error, !wasCancelledByAnswer { failure = error }
    finished.signal()
  }

  public func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
  ) {
    // Large files are redirected; their sum is named on the way.
    if let mark = response.value(forHTTPHeaderField: "X-Linked-ETag") { noteSum(mark) }
    completionHandler(request)
  }

  private func noteSum(_ mark: String) {
    let sum = mark.trimmingCharacters(in: CharacterSet(charactersIn: "\"W/"))
    if checksum == nil, sum.count == 64, sum.allSatisfy(\.isHexDigit) { checksum = .sha256(sum) }
  }
}
