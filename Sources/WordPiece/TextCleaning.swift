/// What is done to a text before it is tokenized. It belongs to a model and is kept in its folder.
public enum TextCleaning: String, Codable, Hashable, Sendable, CaseIterable {
  /// The text stays as it is.
  case none
  /// `<br>`, `<br/>` and `<br />`, tabs and line breaks become a space, runs of spaces one.
  case markup
  /// `<br />` goes with nothing in its place, so that words fuse, as in the study of 2019.
  case markup2019 = "markup-2019"

  public func callAsFunction(_ text: String) -> String {
    switch self {
    case .none: return text
    case .markup: return TextCleaning.withoutMarkup(text)
    case .markup2019: return TextCleaning.removing("<br />", from: text)
    }
  }

  private static func removing(_ mark: StaticString, from text: String) -> String {
    var text = text
    let length = mark.utf8CodeUnitCount
    let wanted = UnsafeBufferPointer(start: mark.utf8Start, count: length)
    let out = text.withUTF8 { bytes -> [UInt8]? in
      guard bytes.contains(wanted[0]) else { return nil }
      var out: [UInt8] = []
      out.reserveCapacity(bytes.count)
      var index = 0
      while index < bytes.count {
        if bytes.count - index >= length, bytes[index..<index + length].elementsEqual(wanted) {
          index += length
        } else {
          out.append(bytes[index])
          index += 1
        }
      }
      return out
    }
    return out.map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  private static func withoutMarkup(_ text: String) -> String {
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
