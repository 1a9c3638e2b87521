import Crypto
import Foundation

/// A Hub in the tests' own process, with the answers of huggingface.co: a listing, and for each file its ETag,
/// commit and size; large files are redirected to another server.
public final class LocalHub: @unchecked Sendable {
  public struct Repository: Sendable {
    public var commit = String(repeating: "c0", count: 20)
    public var files: [String: Data] = [:]
    /// Files whose bytes are on the other server
    public var large: Set<String> = ["model.safetensors", "pytorch_model.bin"]
    public var card: [String: [[String: String]]] = [:]
    /// nil lets everybody in
    public var token: String?
    /// What a request without that token gets
    public var refusal = LocalServer.Answer(401, Data(), ["X-Error-Code": "RepoNotFound"])

    public init(_ files: [String: Data] = [:]) { self.files = files }

    /// All files of a folder.
    public init(folder: URL) throws {
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
      }
    }
  }

  /// Answers in place of the usual ones, where it gives any.
  public typealias Twist = @Sendable (LocalServer.Request, LocalServer.Answer) -> LocalServer.Answer?

  public private(set) var server: LocalServer!
  /// Where large files are
  public private(set) var store: LocalServer!
  private let lock = NSLock()
  private var kept: [String: Repository]
  private var twists: [Twist] = []

  /// - Parameter repositories: by the path that they have there: `org/name`, `datasets/org/name`.
  public init(_ repositories: [String: Repository]) {
    kept = repositories
    store = LocalServer { [weak self] in self?.twisted($0, self!.bytes($0)) ?? LocalServer.Answer(404) }
    server = LocalServer { [weak self] in self?.twisted($0, self!.answer($0)) ?? LocalServer.Answer(404) }
  }

  public var repositories: [String: Repository] {
    get { lock.withLock { kept } }
    set { lock.withLock { kept = newValue } }
  }

  public func twist(_ twist: @escaping Twist) { lock.withLock { twists.append(twist) } }

  public func forgetTwists() { lock.withLock { twists = [] } }

  /// Requests to the Hub itself.
  public var requests: [LocalServer.Request] { server.requests }

  /// Environment of a process, or settings, that use it and a cache of their own.
  public func environment(_ home: URL) -> [String: String] {
    ["HF_ENDPOINT": server.address, "HF_HOME": home.path, "HOME": home.path]
  }

  public static func etag(_ data: Data, isLarge: Bool) -> String {
    isLarge
      ? SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
      : Insecure.SHA1.hash(data: Data("blob \(data.count)\0".utf8) + data).map { String(format: "%02x", $0) }
        .joined()
  }

  private func twisted(_ request: LocalServer.Request, _ answer: LocalServer.Answer) -> LocalServer.Answer {
    for twist in lock.withLock({ twists }) {
      if let other = twist(request, answer) { return other }
    }
    return answer
  }

  /// The path of the store is the file's sum.
  private func bytes(_ request: LocalServer.Request) -> LocalServer.Answer {
    for repository in repositories.values {
      for (name, data) in repository.files where repository.large.contains(name) {
        if request.path == "/" + LocalHub.etag(data, isLarge: true) { return part(data, request, [:]) }
      }
    }
    return LocalServer.Answer(404)
  }

  private func part(
    _ data: Data, _ request: LocalServer.Request, _ headers: [String: String]
  ) -> LocalServer.Answer {
    guard let range = request.headers["range"],
      let start = Int(range.dropFirst("bytes=".count).prefix { $0 != "-" })
    else { return LocalServer.Answer(200, data, headers) }
    guard start < data.count else { return LocalServer.Answer(416) }
    let place = "bytes \(start)-\(data.count - 1)/\(data.count)"
    return LocalServer.Answer(
      206, Data(data[start...]), headers.merging(["Content-Range": place]) { one, _ in one })
  }

  private func answer(_ request: LocalServer.Request) -> LocalServer.Answer {
    let path = request.path.dropFirst().removingPercentEncoding ?? ""
    for (name, repository) in repositories {
      let (api, files) = (
        name.hasPrefix("datasets/") ? "api/\(name)" : "api/models/\(name)", "\(name)/resolve/"
      )
      guard path == api || path.hasPrefix(api + "/") || path.hasPrefix(files) else { continue }
      if let token = repository.token, request.headers["authorization"] != "Bearer \(token)" {
        return repository.refusal
      }
      if path.hasPrefix(files) { return file(path.dropFirst(files.count), repository, request) }
      let parts = path.dropFirst(api.count).split(separator: "/", maxSplits: 1)
      guard parts.count < 2 || [repository.commit, "main", "refs/pr/1"].contains(String(parts[1])) else {
        return LocalServer.Answer(404, Data(), ["X-Error-Code": "RevisionNotFound"])
      }
      return parts.first == "tree" ? tree(repository) : listing(repository, name)
    }
    return LocalServer.Answer(401, Data(), ["X-Error-Code": "RepoNotFound"])
  }

  private func listing(_ repository: Repository, _ name: String) -> LocalServer.Answer {
    let object: [String: Any] = [
      "id": name, "sha": repository.commit, "private": false,
      "siblings": repository.files.keys.sorted().map { ["rfilename": $0] },
      "cardData": [
        "configs": repository.card.sorted { $0.key < $1.key }.map {
          ["config_name": $0.key, "data_files": $0.value] as [String: Any]
        }
      ],
    ]
    return json(object)
  }

  private func tree(_ repository: Repository) -> LocalServer.Answer {
    json(
      repository.files.sorted { $0.key < $1.key }.map { name, data -> [String: Any] in
        var entry: [String: Any] = [
          "type": "file", "path": name, "size": data.count, "oid": LocalHub.etag(data, isLarge: false),
        ]
        if repository.large.contains(name) {
          entry["lfs"] = [
            "oid": LocalHub.etag(data, isLarge: true), "size": data.count, "pointerSize": 130,
          ]
        }
        return entry
      })
  }

  private func json(_ object: Any) -> LocalServer.Answer {
    let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
    return LocalServer.Answer(200, data ?? Data(), ["Content-Type": "application/json"])
  }

  private func file(
    _ path: Substring, _ repository: Repository, _ request: LocalServer.Request
  ) -> LocalServer.Answer {
    let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2, [repository.commit, "main"].contains(parts[0]),
      let data = repository.files[parts[1]]
    else {
      return LocalServer.Answer(
        404, Data(), ["X-Error-Code": "EntryNotFound", "X-Repo-Commit": repository.commit])
    }
    let isLarge = repository.large.contains(parts[1]), etag = LocalHub.etag(data, isLarge: isLarge)
    var headers = ["X-Repo-Commit": repository.commit, "ETag": "\"\(etag)\""]
    guard isLarge else { return part(data, request, headers) }
    headers["ETag"] = "\"elsewhere\""
    headers["X-Linked-ETag"] = "\"\(etag)\""
    headers["X-Linked-Size"] = String(data.count)
    headers["Location"] = "\(store.address)/\(etag)"
    return LocalServer.Answer(302, Data(), headers)
  }
}
