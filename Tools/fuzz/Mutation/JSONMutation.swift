extension Mutator {
  /// Changes one member or value of a JSON text, found by its marks: keys are repeated, values take other
  /// types.
  func changeJSON(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    let colons = bytes.indices.filter { bytes[$0] == UInt8(ascii: ":") }
    guard let colon = colons.randomElement(using: &random) else { return bytes }
    var end = colon + 1
    var depth = 0
    var isQuoted = false
    // The value after a colon, to the comma or bracket that ends it.
    scan: while end < bytes.count {
      switch bytes[end] {
      case UInt8(ascii: "\\") where isQuoted: end += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += isQuoted ? 0 : 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if !isQuoted {
          if depth == 0 { break scan }
          depth -= 1
        }
      case UInt8(ascii: ",") where !isQuoted && depth == 0: break scan
      default: break
      }
      end += 1
    }
    end = min(end, bytes.count)
    var start = colon
    var quotes = 0
    while start > 0, quotes < 2 {
      start -= 1
      if bytes[start] == UInt8(ascii: "\"") { quotes += 1 }
    }
    let value = Array(bytes[colon + 1..<end])
    let before = Array(bytes[...colon]), after = Array(bytes[end...])
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      let other = JSONValues.all[Int.random(in: 0..<JSONValues.all.count, using: &random)]
      return before + Array(other.utf8) + after
    case 1:
      // The same key again, with the same value.
      return before + value + [UInt8(ascii: ",")] + bytes[start..<end] + after
    case 2:
      let count = Int.random(in: 1...2000, using: &random)
      let open = [UInt8](repeating: UInt8(ascii: "["), count: count)
      let close = [UInt8](repeating: UInt8(ascii: "]"), count: count)
      return before + open + value + close + after
    case 3:
      // The member goes, with the comma that may follow.
      let comma = end < bytes.count && bytes[end] == UInt8(ascii: ",") ? 1 : 0
      return Array(bytes[..<start]) + bytes[(end + comma)...]
    default:
      guard let other = colons.randomElement(using: &random), other != colon, other < start else {
        return bytes
      }
      // Another key's value goes before this one: two members become one.
      return Array(bytes[...other]) + value + bytes[end...]
    }
  }
}

enum JSONValues {
  static let all = [
    "null", "true", "false", "0", "-1", "1", "1e308", "1e999", "-0.0", "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809", "1.5", "\"\"", "\"a\"", "\"\\ud800\"", "\"\\u0000\"", "\"e\\u0301\"", "[]", "{}",
    "[[]]",
    "[null]", "{\"\":0}", "{\"0\":\"a\",\"0\":\"a\"}", "\"" + String(repeating: "x", count: 5000) + "\"",
    "NaN",
    "2147483648", "4294967296", "1000000000000",
  ]
}
