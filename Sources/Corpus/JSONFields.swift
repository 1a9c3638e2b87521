import Foundation
import Tables

/// A strict reader of one JSON object's text and label: strings are exactly what JSON says, and a number or a
/// word keeps the spelling it has in the file. (Foundation's parser drops U+FEFF and reads 1.50 as 1.5.)
/// - Source: RFC 8259.
struct JSONFields {
  struct Fault: Error {
    let what: String
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private static let deepest = 256

  /// The values of the given keys; nil for those that are not there.
  /// - Throws: ``Fault`` where the line is no JSON object, or has one of the keys twice.
  static func read(_ line: UnsafeRawBufferPointer, keys: [String]) throws -> [Cell?] {
    var reader = JSONFields(bytes: line)
    return try reader.object(keys)
  }

  /// The keys of an object; none where it is no JSON object.
  static func keys(_ line: UnsafeRawBufferPointer) -> [String] {
    var reader = JSONFields(bytes: line)
    var keys: [String] = []
    reader.skipBlanks()
    guard reader.position < line.count, line[reader.position] == 0x7B else { return [] }
    try? reader.container(depth: 1) { reader, key, depth in
      keys.append(key)
      try reader.skipValue(depth: depth)
    }
    return keys
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func object(_ keys: [String]) throws -> [Cell?] {
    var found = [Cell?](repeating: nil, count: keys.count)
    skipBlanks()
    try take(0x7B, "is not a JSON object")
    skipBlanks()
    if !skip(0x7D) {
      repeat {
        skipBlanks()
        let key = try string()
        skipBlanks()
        try take(0x3A, "is not JSON: a colon is missing after a key")
        let places = keys.indices.filter { key.utf8.elementsEqual(keys[$0].utf8) }
        if places.isEmpty {
          try skipValue(depth: 1)
        } else {
          let value = try value(depth: 1)
          for index in places {
            guard found[index] == nil else { throw Fault(what: "has the key '\(key)' twice") }
            found[index] = value
          }
        }
        skipBlanks()
      } while skip(0x2C)
      try take(0x7D, "is not JSON: the object does not end")
    }
    skipBlanks()
    guard position == bytes.count else { throw Fault(what: "is not one JSON object: something follows it") }
    return found
  }

  private mutating func value(depth: Int) throws -> Cell {
    skipBlanks()
    guard position < bytes.count else { throw Fault(what: "is not JSON: it ends early") }
    switch bytes[position] {
    case 0x22: return .text(try string())
    case 0x7B:
      var entries: [Cell.Entry] = []
      try container(depth: depth) { reader, key, depth in
        entries.append(Cell.Entry(key: key, value: try reader.value(depth: depth)))
      }
      return .object(entries)
    case 0x5B:
      var items: [Cell] = []
      try container(depth: depth) { reader, _, depth in items.append(try reader.value(depth: depth)) }
      return .list(items)
    default:
      let word = word()
      if word == "null" { return .null }
      guard word == "true" || word == "false" || JSONFields.isNumber(word) else {
        throw Fault(what: "is not JSON: '\(word.prefix(20))' is no value")
      }
      return .word(word)
    }
  }

  /// Past a value that nobody asked for, which is checked on the way.
  private mutating func skipValue(depth: Int) throws {
    skipBlanks()
    guard position < bytes.count, bytes[position] == 0x7B || bytes[position] == 0x5B else {
      _ = try value(depth: depth)
      return
    }
    try container(depth: depth) { reader, _, depth in try reader.skipValue(depth: depth) }
  }

  /// An object or an array; `item` reads each value, whose key is empty in an array.
  private mutating func container(
    depth: Int, _ item: (inout JSONFields, _ key: String, _ depth: Int) throws -> Void
  ) throws {
    guard depth < JSONFields.deepest else { throw Fault(what: "nests too deeply") }
    let isObject = bytes[position] == 0x7B
    let end: UInt8 = isObject ? 0x7D : 0x5D
    position += 1
    skipBlanks()
    if skip(end) { return }
    repeat {
      skipBlanks()
      var key = ""
      if isObject {
        key = try string()
        skipBlanks()
        try take(0x3A, "is not JSON: a colon is missing after a key")
      }
      try item(&self, key, depth + 1)
      skipBlanks()
    } while skip(0x2C)
    try take(end, "is not JSON: a bracket is missing")
  }

  private mutating func word() -> String {
    let start = position
    while position < bytes.count, !"{}[]:,\"\t\r\n ".utf8.contains(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  static func isNumber(_ word: String) -> Bool {
    var rest = Substring(word)
    func digits() -> Int {
      let count = rest.prefix { ("0"..."9").contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == "-" { rest.removeFirst() }
    let startsWithZero = rest.first == "0"
    let whole = digits()
    guard whole > 0, !startsWithZero || whole == 1 else { return false }
    if rest.first == "." {
      rest.removeFirst()
      guard digits() > 0 else { return false }
    }
    if rest.first == "e" || rest.first == "E" {
      rest.removeFirst()
      if rest.first == "+" || rest.first == "-" { rest.removeFirst() }
      guard digits() > 0 else { return false }
    }
    return rest.isEmpty
  }

  // MARK: Strings

  private mutating func string() throws -> String {
    try take(0x22, "is not JSON: a string is missing")
    let start = position
    var escaped: [UInt8]?
    while position < bytes.count {
      let byte = bytes[position]
      if byte == 0x22 {
        defer { position += 1 }
        if let escaped { return String(decoding: escaped, as: UTF8.self) }
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      guard byte >= 0x20 else { throw Fault(what: "is not JSON: a control character stands in a string") }
      if byte == 0x5C {
        if escaped == nil { escaped = Array(bytes[start..<position]) }
        position += 1
        escaped?.append(contentsOf: try escape())
      } else {
        escaped?.append(byte)
        position += 1
      }
    }
    throw Fault(what: "is not JSON: a string does not end")
  }

  /// The bytes that an escape stands for, and past it.
  private mutating func escape() throws -> [UInt8] {
    guard position < bytes.count else { throw Fault(what: "is not JSON: a string does not end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: return [byte]
    case 0x62: return [8]
    case 0x66: return [12]
    case 0x6E: return [10]
    case 0x72: return [13]
    case 0x74: return [9]
    case 0x75: return Array(String(Character(try scalar())).utf8)
    default: throw Fault(what: "is not JSON: an unknown escape stands in a string")
    }
  }

  private mutating func scalar() throws -> Unicode.Scalar {
    let high = try unit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    if high < 0xDC00, skip(0x5C), skip(0x75) {
      let low = try unit()
      if (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
      {
        return scalar
      }
    }
    throw Fault(what: "holds half of a surrogate pair, which is no character")
  }

  private mutating func unit() throws -> UInt32 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw Fault(what: "is not JSON: \\u needs four hexadecimal digits") }
    position += 4
    return unit
  }

  // MARK: Bytes

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func take(_ byte: UInt8, _ otherwise: String) throws {
    if !skip(byte) { throw Fault(what: otherwise) }
  }
}
