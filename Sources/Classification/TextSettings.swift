import Encoder
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
  public func encode(_ inputs: [TextInput], with tokenizer: any Tokenizing) -> [TokenSequence] {
    if inputs.contains(where: \.isPair) {
      return encodeCounting(inputs, with: tokenizer).map(\.sequence)
    }
    return tokenizer.encode(
      inputs.map { cleaning($0.text) }, maximumLength: maximumLength, truncation: truncation
    ).map { TokenSequence($0) }
  }

  /// Token ids of raw texts, and how many there were before the cut.
  public func encodeCounting(_ inputs: [TextInput], with tokenizer: any Tokenizing) -> [EncodedText] {
    let wholes = tokenizer.encode(inputs.map { cleaning($0.text) })
    guard inputs.contains(where: \.isPair) else { return wholes.map { cut($0) } }
    let seconds = tokenizer.encode(inputs.map { $0.second.map(cleaning.callAsFunction) ?? "" })
    return zip(inputs, zip(wholes, seconds)).map { input, encoded in
      input.isPair ? cut(encoded.0, encoded.1) : cut(encoded.0)
    }
  }

  private func cut(_ whole: [Int32]) -> EncodedText {
    guard whole.count > maximumLength, let first = whole.first, let last = whole.last else {
      return EncodedText(ids: whole, tokenCount: whole.count)
    }
    let kept = truncation.apply(Array(whole.dropFirst().dropLast()), room: maximumLength - 2)
    return EncodedText(ids: [first] + kept + [last], tokenCount: whole.count)
  }

  /// `[CLS] a [SEP] b [SEP]`, of which the longer text is cut first.
  /// - Source: `longest_first` of Hugging Face `tokenizers`, `utils/truncation.rs`.
  private func cut(_ first: [Int32], _ second: [Int32]) -> EncodedText {
    let (a, b) = (Array(first.dropFirst().dropLast()), Array(second.dropFirst().dropLast()))
    let room = max(0, maximumLength - 3)
    var (short, long) = (min(a.count, b.count), max(a.count, b.count))
    if short + long > room {
      long = max(short, room - short)
      if short + long > room { (short, long) = (room / 2, room / 2 + room % 2) }
    }
    let rooms = a.count > b.count ? (long, short) : (short, long)
    let start = [first[0]] + truncation.apply(a, room: rooms.0) + [first[first.count - 1]]
    let end = truncation.apply(b, room: rooms.1) + [second[second.count - 1]]
    return EncodedText(
      ids: start + end, secondStart: start.count, tokenCount: a.count + b.count + 3)
  }

  /// Sizes of model and file are checked by who opens them; this is what no file may exceed.
  static let lengths = 3...1_000_000
}

extension EncodedText {
  /// As an encoder takes it
  public var sequence: TokenSequence { TokenSequence(ids, secondStart: secondStart) }
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

  public func encode(to encoder: any Swift.Encoder) throws {
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
