import Files
import Foundation

/// Where the Hub is and where its files are kept, by the environment variables of Hugging Face's own
/// library.
/// - Source: huggingface.co/docs/huggingface_hub/package_reference/environment_variables
public struct HubSettings: Sendable {
  /// The folder of all repositories.
  public let cache: URL
  public let endpoint: URL
  /// Who asks; nil for nobody in particular.
  let token: String?
  /// Whether nothing is asked of the network.
  public let isOffline: Bool

  /// - Throws: `FathomError` for an address or a token that cannot be used.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    func isTrue(_ name: String) -> Bool {
      ["1", "ON", "YES", "TRUE"].contains((environment[name] ?? "").uppercased())
    }
    func folder(_ name: String) -> URL? {
      value(name).map { URL(fileURLWithPath: HubSettings.expanded($0, environment)) }
    }
    let user =
      folder("XDG_CACHE_HOME")
      ?? URL(fileURLWithPath: value("HOME") ?? NSHomeDirectory()).appendingPathComponent(".cache")
    let home = folder("HF_HOME") ?? user.appendingPathComponent("huggingface")
    cache = folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE") ?? home.appendingPathComponent("hub")
    endpoint = try HubSettings.endpoint(value("HF_ENDPOINT"))
    isOffline = value("HF_HUB_OFFLINE") != nil ? isTrue("HF_HUB_OFFLINE") : isTrue("TRANSFORMERS_OFFLINE")
    let file = folder("HF_TOKEN_PATH") ?? home.appendingPathComponent("token")
    token = try HubSettings.token(
      value("HF_TOKEN") ?? value("HUGGING_FACE_HUB_TOKEN"),
      file: isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : file)
  }

  /// What the Hub is called in sentences.
  var host: String {
    endpoint.host.map { name in endpoint.port.map { "\(name):\($0)" } ?? name } ?? "the Hub"
  }

  private static func endpoint(_ text: String?) throws -> URL {
    let text = text ?? "https://huggingface.co"
    var trimmed = text[...]
    while trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    guard let url = URL(string: String(trimmed)), ["http", "https"].contains(url.scheme?.lowercased() ?? ""),
      url.host?.isEmpty == false, url.query == nil, url.user == nil
    else {
      throw FathomError(
        .setting, at: "HF_ENDPOINT", "'\(text.prefix(200))' is no address",
        mend: "write one such as https://huggingface.co, or unset it")
    }
    return url
  }

  private static func token(_ given: String?, file: URL?) throws -> String? {
    let kept = file.flatMap { try? Data(contentsOf: $0) }.map {
      String(decoding: $0.prefix(4096), as: UTF8.self)
    }
    guard let text = (given ?? kept)?.trimmingCharacters(in: .whitespacesAndNewlines), !text.isEmpty else {
      return nil
    }
    // It becomes a line of a request.
    guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw FathomError(
        .setting, at: given == nil ? file?.path : "HF_TOKEN", "the token holds a character that no token has",
        mend: "copy it again from huggingface.co/settings/tokens")
    }
    return text
  }

  /// `~` and `$NAME`, as a shell has them.
  private static func expanded(_ path: String, _ environment: [String: String]) -> String {
    var path = path
    if path == "~" || path.hasPrefix("~/") {
      path = (environment["HOME"] ?? NSHomeDirectory()) + path.dropFirst()
    }
    return path.replacing(/\$(?:\{(\w+)\}|(\w+))/) { match in
      environment[String(match.1 ?? match.2 ?? "")] ?? String(match.0)
    }
  }
}
