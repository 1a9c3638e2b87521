import Foundation

/// JSON from a file or a client, by Foundation's parser, which ends the process at some texts that nest
/// deeply (513 lists that are never closed): how deep a text goes is looked at first.
package enum BoundedJSON {
  /// Deeper than anything that Fathom writes or reads.
  package static let nesting = 128

  package struct TooDeep: Error {}

  /// What `JSONSerialization` makes of it; anything may be at the top.
  /// - Throws: ``TooDeep``, or the parser's error.
  package static func value(_ data: Data, nesting: Int = nesting) throws -> Any {
    try check(data, nesting)
    return try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
  }

  /// - Throws: ``TooDeep``, or the decoder's error.
  package static func decode<T: Decodable>(_: T.Type, from data: Data) throws -> T {
    try check(data, nesting)
    return try JSONDecoder().decode(T.self, from: data)
  }

  private static func check(_ data: Data, _ nesting: Int) throws {
    guard data.withUnsafeBytes({ depth($0, limit: nesting) }) <= nesting else { throw TooDeep() }
  }

  /// Levels of lists and objects, brackets in strings left out; one more than the limit for anything deeper.
  static func depth(_ bytes: UnsafeRawBufferPointer, limit: Int) -> Int {
    var (depth, deepest) = (0, 0)
    var isString = false, isEscaped = false
    for byte in bytes {
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        deepest = max(deepest, depth)
        if deepest > limit { return deepest }
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
    }
    return deepest
  }
}
