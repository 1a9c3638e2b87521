/// A text with its class as the file gives it.
public struct LabelledText: Sendable, Equatable {
  public let text: String
  public let label: String
  /// File and line, for messages.
  public let place: String

  public init(text: String, label: String, place: String) {
    self.text = text
    self.label = label
    self.place = place
  }

  /// The text as models see it: `<br />` becomes a space, runs of blanks become one.
  public static func clean(_ text: String) -> String {
    var text = text
    if text.withUTF8({ isClean($0) }) { return text }
    var out: [UInt8] = []
    let bytes = Array(text.utf8)
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      var byte = bytes[index]
      if byte == 0x3C, let length = breakTag(bytes, index) {
        index += length - 1
        byte = 0x20
      } else if byte == 9 || byte == 10 || byte == 13 {
        byte = 0x20
      }
      if byte != 0x20 || out.last ?? 0x20 != 0x20 { out.append(byte) }
      index += 1
    }
    if out.last == 0x20 { out.removeLast() }
    return String(decoding: out, as: UTF8.self)
  }

  private static func isClean(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var last: UInt8 = 0x20
    for byte in bytes {
      if byte == 0x3C || byte == 9 || byte == 10 || byte == 13 || byte == 0x20 && last == 0x20 {
        return false
      }
      last = byte
    }
    return last != 0x20 || bytes.isEmpty
  }

  /// The length of `<br>`, `<br/>` or `<br />` at a place.
  private static func breakTag(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard start + 3 < bytes.count, bytes[start + 1] | 0x20 == 0x62, bytes[start + 2] | 0x20 == 0x72 else {
      return nil
    }
    var end = start + 3
    while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x2F { end += 1 }
    return end < bytes.count && bytes[end] == 0x3E ? end - start + 1 : nil
  }
}
