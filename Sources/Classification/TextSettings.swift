import Files
import Foundation
import WordPiece

/// What a model does to a text before it reads it: part of the model's folder, and the same in training,
/// evaluation, prediction, serving and attention.
public struct TextSettings: Hashable, Sendable {
  public var cleaning: TextCleaning
  /// P, with [CLS] and [SEP]
  public var maximumLength: Int
  public var truncation: Truncation

  public init(maximumLength: Int, truncation: Truncation = .head, cleaning: TextCleaning = .markup) {
    self.cleaning = cleaning
    self.maximumLength = maximumLength
    self.truncation = truncation
  }

  /// Token ids of raw texts.
  public func encode(_ texts: [String], with tokenizer: any Tokenizing) -> [[Int32]] {
    tokenizer.encode(texts.map(cleaning.callAsFunction), maximumLength: maximumLength, truncation: truncation)
  }

  /// Token ids of raw texts, and how many there were before the cut.
  public func encodeCounting(_ texts: [String], with tokenizer: any Tokenizing) -> [EncodedText] {
    tokenizer.encode(texts.map(cleaning.callAsFunction)).map { whole in
      guard whole.count > maximumLength, let first = whole.first, let last = whole.last else {
        return EncodedText(ids: whole, tokenCount: whole.count)
      }
      let kept = truncation.apply(Array(whole.dropFirst().dropLast()), room: maximumLength - 2)
      return EncodedText(ids: [first] + kept + [last], tokenCount: whole.count)
    }
  }

  /// Sizes of model and file are checked by who opens them; this is what no file may exceed.
  static let lengths = 3...1_000_000
}

extension TextSettings: Codable {
  enum CodingKeys: String, CodingKey {
    case cleaning, truncation
    case maximumLength = "max_length"
    case headShare = "head_share"
  }

  /// A folder without `cleaning` is of a version that cleaned what it read from files.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    cleaning = try values.decodeIfPresent(TextCleaning.self, forKey: .cleaning) ?? .markup
    maximumLength = try values.decode(Int.self, forKey: .maximumLength)
    guard TextSettings.lengths.contains(maximumLength) else {
      throw DecodingError.dataCorruptedError(
        forKey: .maximumLength, in: values,
        debugDescription: "max_length \(maximumLength) is outside \(TextSettings.lengths)")
    }
    truncation = try Truncation(
      values.decode(String.self, forKey: .truncation),
      headShare: try values.decodeIfPresent(Double.self, forKey: .headShare) ?? 0.5)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(cleaning, forKey: .cleaning)
    try values.encode(maximumLength, forKey: .maximumLength)
    try values.encode(truncation.name, forKey: .truncation)
    if case .headAndTail(let share) = truncation { try values.encode(share, forKey: .headShare) }
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
        throw FathomError(.setting, "\(.headShare) is \(headShare)", mend: "give a share from 0 to 1")
      }
      self = .headAndTail(headShare: headShare)
    default:
      throw FathomError(.setting, "truncation '\(name)' is not known", mend: "use head, tail or head+tail")
    }
  }
}
