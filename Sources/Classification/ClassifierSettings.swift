import Files
import Checkpoint
import Foundation
import WordPiece

/// What a saved classifier needs to know besides its weights.
public struct ClassifierSettings: Sendable, Equatable {
  public var variant: Variant
  /// Class names; their order is that of the logits.
  public var labels: [String]
  /// P, with [CLS] and [SEP]
  public var maximumLength: Int
  public var truncation: Truncation
  public var dropout: Double

  public init(
    variant: Variant, labels: [String], maximumLength: Int, truncation: Truncation = .head,
    dropout: Double = 0.2
  ) {
    self.variant = variant
    self.labels = labels
    self.maximumLength = maximumLength
    self.truncation = truncation
    self.dropout = dropout
  }

  var json: [String: Any] {
    var values: [String: Any] = [
      "format": 1, "variant": variant.description, "max_length": maximumLength, "truncation": truncation.name,
      "dropout": dropout,
    ]
    if case .headAndTail(let share) = truncation { values["head_share"] = share }
    return values
  }
}

extension Truncation {
  public var name: String {
    switch self {
    case .head: "head"
    case .tail: "tail"
    case .headAndTail: "head+tail"
    }
  }

  /// - Throws: when the name is not head, tail or head+tail, or the share is not from 0 to 1.
  public init(_ name: String, headShare: Double) throws {
    switch name {
    case "head": self = .head
    case "tail": self = .tail
    case "head+tail":
      guard (0...1).contains(headShare) else {
        throw TokenizerError("head share \(headShare) is not from 0 to 1")
      }
      self = .headAndTail(headShare: headShare)
    default: throw TokenizerError("truncation '\(name)' is not known: use head, tail or head+tail")
    }
  }
}
