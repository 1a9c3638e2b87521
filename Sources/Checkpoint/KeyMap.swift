import Foundation

/// How one family of encoders names its tensors, where Fathom's names differ: used to load and to save.
///
/// Fathom's names are BERT's, so BERT has the identity. Another family lists pieces of names:
/// `KeyMap([("encoder.layer.", "transformer.layer."), (".attention.self.query.", ".attention.q_lin.")])`.
public struct KeyMap: Sendable {
  private let pairs: [(ours: String, stored: String)]

  public static let identity = KeyMap([])

  /// - Parameter pairs: pieces of a name, replaced in this order where they occur first.
  /// - Precondition: no piece is empty.
  public init(_ pairs: [(ours: String, stored: String)]) {
    precondition(pairs.allSatisfy { !$0.ours.isEmpty && !$0.stored.isEmpty }, "a piece of a name is empty")
    self.pairs = pairs
  }

  /// The checkpoint's name of one of our tensors.
  public func stored(_ ours: String) -> String {
    pairs.reduce(ours) { name, pair in KeyMap.replace(pair.ours, in: name, by: pair.stored) }
  }

  /// Our name of a checkpoint's tensor.
  public func ours(_ stored: String) -> String {
    pairs.reversed().reduce(stored) { name, pair in KeyMap.replace(pair.stored, in: name, by: pair.ours) }
  }

  private static func replace(_ piece: String, in name: String, by other: String) -> String {
    guard let range = name.range(of: piece) else { return name }
    return name.replacingCharacters(in: range, with: other)
  }
}
