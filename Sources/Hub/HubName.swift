import Files
import Foundation

/// A repository of models or of data sets: `bert-base-uncased` or `organisation/name`, with a branch, tag or
/// commit behind an `@`.
public struct HubName: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    case model, dataSet

    /// Before the name in addresses, and in the names of folders.
    var prefix: (address: String, folder: String) {
      switch self {
      case .model: ("", "models")
      case .dataSet: ("datasets/", "datasets")
      }
    }

    var word: String { self == .model ? "model" : "data set" }
  }

  public let kind: Kind
  /// With the organisation, without the revision.
  public let id: String
  public let revision: String

  static let usualRevision = "main"

  /// - Parameter text: nil comes back where it is none of these names, by the Hub's own rules.
  public init?(_ text: String, kind: Kind = .model) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    let revision = parts.count == 2 ? String(parts[1]) : HubName.usualRevision
    let names = parts[0].split(separator: "/", omittingEmptySubsequences: false)
    guard names.count <= 2, names.allSatisfy(HubName.isName), parts[0].utf8.count <= 96,
      !parts[0].contains("--"), !parts[0].hasSuffix(".git"), HubName.isRevision(revision)
    else { return nil }
    self.kind = kind
    id = String(parts[0])
    self.revision = revision
  }

  public var description: String { revision == HubName.usualRevision ? id : "\(id)@\(revision)" }

  /// The last part, as a folder may be called.
  public var lastPart: String { String(id.split(separator: "/").last ?? "") }

  /// The folder of this repository in the cache.
  var folder: String {
    ([kind.prefix.folder] + id.split(separator: "/").map(String.init)).joined(separator: "--")
  }

  /// Whether the revision names one state for ever.
  var isCommit: Bool { HubName.isCommit(revision) }

  static func isCommit(_ text: String) -> Bool {
    text.utf8.count == 40 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
  }

  private static func isName(_ part: Substring) -> Bool {
    guard let first = part.first, let last = part.last, part.allSatisfy(isPlain) else { return false }
    return !"-.".contains(first) && !"-.".contains(last) && !part.contains("..")
  }

  /// As git takes them, without what a folder could not be called.
  private static func isRevision(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return text.utf8.count <= 200
      && parts.allSatisfy { part in
        guard let first = part.first, part.allSatisfy({ isPlain($0) || $0 == "+" }) else { return false }
        return first != "-" && first != "." && !part.hasSuffix(".") && !part.hasSuffix(".lock")
          && !part.contains("..")
      }
  }
}
