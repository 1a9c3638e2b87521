import Files
import Foundation

/// A data set at the Hub: `NAME`, with `:CONFIGURATION`, `:SPLIT` or both behind it.
public struct HubDataName: Hashable, Sendable, CustomStringConvertible {
  public let repository: HubName
  /// What stands behind the name, in its order: whether one alone is a configuration or a split shows in the
  /// repository.
  let parts: [String]

  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 3, let repository = HubName(parts[0], kind: .dataSet),
      parts.dropFirst().allSatisfy({ part in
        part.utf8.count <= 200 && !part.unicodeScalars.contains { $0.value < 0x20 || $0 == "/" }
      })
    else { return nil }
    self.repository = repository
    // `NAME::test` leaves the configuration out.
    self.parts = Array(parts.dropFirst())
  }

  public var description: String { ([repository.description] + parts).joined(separator: ":") }

  /// As reports name it.
  public var name: String { ([repository.lastPart] + parts.filter { !$0.isEmpty }).joined(separator: ":") }
}
