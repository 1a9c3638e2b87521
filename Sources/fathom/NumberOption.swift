import ArgumentParser
import Files

/// A number that an option can take.
protocol OptionNumber: Comparable, LosslessStringConvertible, Sendable {
  static var kind: String { get }
  var isFinite: Bool { get }
  /// As a person writes it: `0`, not `0.0`.
  var words: String { get }
}

extension OptionNumber {
  var words: String { description }
}

extension Int: OptionNumber {
  static var kind: String { "a whole number" }
  var isFinite: Bool { true }
}

extension UInt64: OptionNumber {
  static var kind: String { "a whole number" }
  var isFinite: Bool { true }
}

extension Double: OptionNumber {
  static var kind: String { "a number" }
  var words: String { description.hasSuffix(".0") ? String(description.dropLast(2)) : description }
}

/// What an option's number may be: said in the option's help, and in the sentence that refuses anything else.
struct NumberRange<Number: OptionNumber>: Sendable {
  private let contains: @Sendable (Number) -> Bool
  let words: String

  static func from(_ lowest: Number, to highest: Number) -> NumberRange {
    NumberRange(contains: { lowest <= $0 && $0 <= highest }, words: "\(lowest.words) to \(highest.words)")
  }

  static func from(_ lowest: Number, below limit: Number) -> NumberRange {
    NumberRange(contains: { lowest <= $0 && $0 < limit }, words: "\(lowest.words) to below \(limit.words)")
  }

  static func above(_ bound: Number, below limit: Number) -> NumberRange {
    NumberRange(
      contains: { bound < $0 && $0 < limit }, words: "above \(bound.words) and below \(limit.words)")
  }

  static func from(_ lowest: Number) -> NumberRange {
    NumberRange(contains: { lowest <= $0 }, words: "\(lowest.words) or more")
  }

  static func above(_ bound: Number) -> NumberRange {
    NumberRange(contains: { bound < $0 }, words: "above \(bound.words)")
  }

  func parse(_ text: String) throws -> Number {
    // Swift reads 0x10 as a Double too, and nobody means that here.
    guard !text.lowercased().contains("x"), let number = Number(text), number.isFinite, contains(number)
    else {
      throw ValidationError("write \(Number.kind), \(words)")
    }
    return number
  }

  /// Each number of a list with commas.
  func parseList(_ text: String) throws -> [Number] {
    guard !text.isEmpty else { throw ValidationError("write numbers with commas, each \(words)") }
    return try text.commaList.map(parse)
  }
}

extension NumberRange where Number == UInt64 {
  static var seed: NumberRange { from(0, to: .max) }
}

extension ArgumentHelp {
  /// `Epochs at most (1 to 100000).`; a remark in brackets at the end takes the range in.
  fileprivate func adding(_ range: String) -> ArgumentHelp {
    var help = self
    if abstract.hasSuffix(").") {
      help.abstract = "\(abstract.dropLast(2)); \(range))."
    } else {
      help.abstract = (abstract.hasSuffix(".") ? String(abstract.dropLast()) : abstract) + " (\(range))."
    }
    return help
  }
}

extension Option where Value: OptionNumber {
  init(wrappedValue: Value, help: ArgumentHelp, in range: NumberRange<Value>) {
    let words = "\(range.words); default: \(wrappedValue.words)"
    // What looks like a flag may be a number below zero: it is refused with its range.
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional, help: help.adding(words), transform: range.parse)
  }
}

extension Option {
  init<Number: OptionNumber>(help: ArgumentHelp, in range: NumberRange<Number>) where Value == Number? {
    self.init(parsing: .unconditional, help: help.adding(range.words), transform: range.parse)
  }
}
