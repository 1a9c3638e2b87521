/// What stands between the quotes of a JSON text, as a `String`.
/// - Source: RFC 8259, section 7
enum JSONText {
  /// - Returns: nil where an escape is none, or the bytes are not UTF-8.
  static func decoded(_ raw: UnsafeRawBufferPointer) -> String? {
    guard raw.contains(UInt8(ascii: "\\")) else { return String(validating: raw, as: UTF8.self) }
    var plain: [UInt8] = []
    plain.reserveCapacity(raw.count)
    var index = 0
    while index < raw.count {
      guard raw[index] == UInt8(ascii: "\\") else {
        plain.append(raw[index])
        index += 1
        continue
      }
      guard index + 1 < raw.count else { return nil }
      if raw[index + 1] == UInt8(ascii: "u") {
        guard let (scalar, length) = escapedScalar(raw, at: index) else { return nil }
        plain += Array(String(Character(scalar)).utf8)
        index += length
      } else {
        guard let byte = escapes[raw[index + 1]] else { return nil }
        plain.append(byte)
        index += 2
      }
    }
    return String(validating: plain, as: UTF8.self)
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "/"): UInt8(ascii: "/"), UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12,
    UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
  ]

  /// `\uXXXX`, or two of them for a scalar beyond U+FFFF, and how many bytes they take.
  private static func escapedScalar(
    _ raw: UnsafeRawBufferPointer, at index: Int
  ) -> (scalar: Unicode.Scalar, length: Int)? {
    guard let first = codeUnit(raw, at: index) else { return nil }
    if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
    guard let second = codeUnit(raw, at: index + 6), (0xD800..<0xDC00).contains(first),
      (0xDC00..<0xE000).contains(second)
    else { return nil }
    let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
    return Unicode.Scalar(value).map { ($0, 12) }
  }

  private static func codeUnit(_ raw: UnsafeRawBufferPointer, at index: Int) -> UInt16? {
    guard index + 6 <= raw.count, raw[index] == UInt8(ascii: "\\"), raw[index + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var value: UInt16 = 0
    for byte in raw[index + 2..<index + 6] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }
}
