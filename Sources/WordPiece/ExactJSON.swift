import Files
import Foundation

/// JSON with its strings to the byte and its keys in the file's order.
///
/// Foundation's dictionaries take é and e with an accent
/// for one key; a vocabulary may hold both.
enum ExactJSON {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([ExactJSON])
  case object([(key: String, value: ExactJSON)])

  /// - Throws: `FathomError` with the offset of what is no JSON.
  init(_ file: URL) throws {
    let data: Data
    do { data = try Data(contentsOf: file) } catch {
      throw FathomError(.unreadable, at: file.path, "the file cannot be read", mend: "check its permissions")
    }
    var reader = ExactJSONReader(bytes: [UInt8](data))
    guard let value = reader.document() else {
      throw FathomError(
        .damaged, at: file.path, "no JSON at byte \(reader.offset)",
        mend: "bring the file again from the model's source")
    }
    self = value
  }

  /// The value of a key, of a repeated one the last.
  subscript(key: String) -> ExactJSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var int: Int? { if case .number(let text) = self { Int(text) } else { nil } }
  var array: [ExactJSON]? { if case .array(let values) = self { values } else { nil } }
  var members: [(key: String, value: ExactJSON)]? {
    if case .object(let members) = self { members } else { nil }
  }
  var isNull: Bool { if case .null = self { true } else { false } }
}

private struct ExactJSONReader {
  let bytes: [UInt8]
  private(set) var offset = 0
  private static let depthLimit = 64

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() -> ExactJSON? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    guard let value = value(depth: 0) else { return nil }
    skipBlanks()
    return offset == bytes.count ? value : nil
  }

  private mutating func skipBlanks() {
    while offset < bytes.count, [0x20, 9, 10, 13].contains(bytes[offset]) { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func take(word: String) -> Bool {
    guard bytes[offset...].starts(with: word.utf8) else { return false }
    offset += word.utf8.count
    return true
  }

  private mutating func value(depth: Int) -> ExactJSON? {
    skipBlanks()
    guard depth < ExactJSONReader.depthLimit, offset < bytes.count else { return nil }
    switch bytes[offset] {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map(ExactJSON.string)
    case UInt8(ascii: "t"): return take(word: "true") ? .bool(true) : nil
    case UInt8(ascii: "f"): return take(word: "false") ? .bool(false) : nil
    case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
    default: return number()
    }
  }

  private mutating func object(_ depth: Int) -> ExactJSON? {
    offset += 1
    var members: [(key: String, value: ExactJSON)] = []
    if take("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard let key = string(), take(":"), let value = value(depth: depth + 1) else { return nil }
      members.append((key, value))
    } while take(",")
    return take("}") ? .object(members) : nil
  }

  private mutating func array(_ depth: Int) -> ExactJSON? {
    offset += 1
    var values: [ExactJSON] = []
    if take("]") { return .array(values) }
    repeat {
      guard let value = value(depth: depth + 1) else { return nil }
      values.append(value)
    } while take(",")
    return take("]") ? .array(values) : nil
  }

  private mutating func number() -> ExactJSON? {
    let start = offset
    while offset < bytes.count, "0123456789+-.eE".utf8.contains(bytes[offset]) { offset += 1 }
    guard offset > start else { return nil }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    return Double(text) == nil || text.hasPrefix("+") ? nil : .number(text)
  }

  private mutating func string() -> String? {
    guard offset < bytes.count, bytes[offset] == 0x22 else { return nil }
    let start = offset + 1
    var end = start
    var isEscaped = false
    while end < bytes.count, bytes[end] != 0x22 {
      if bytes[end] < 0x20 { return nil }
      if bytes[end] == 0x5C {
        isEscaped = true
        end += 1
      }
      end += 1
    }
    guard end < bytes.count else { return nil }
    defer { offset = end + 1 }
    return isEscaped ? unescaped(bytes[start..<end]) : String(validating: bytes[start..<end], as: UTF8.self)
  }

  private func unescaped(_ raw: ArraySlice<UInt8>) -> String? {
    var out: [UInt8] = []
    var index = raw.startIndex
    func unit(_ index: Int) -> UInt32? {
      guard index + 4 <= raw.endIndex, raw[index..<index + 4].allSatisfy({ Character(.init($0)).isHexDigit })
      else { return nil }
      return UInt32(String(decoding: raw[index..<index + 4], as: UTF8.self), radix: 16)
    }
    while index < raw.endIndex {
      guard raw[index] == 0x5C else {
        out.append(raw[index])
        index += 1
        continue
      }
      index += 2
      switch raw[index - 1] {
      case UInt8(ascii: "\""): out.append(0x22)
      case UInt8(ascii: "\\"): out.append(0x5C)
      case UInt8(ascii: "/"): out.append(0x2F)
      case UInt8(ascii: "b"): out.append(8)
      case UInt8(ascii: "f"): out.append(12)
      case UInt8(ascii: "n"): out.append(10)
      case UInt8(ascii: "r"): out.append(13)
      case UInt8(ascii: "t"): out.append(9)
      case UInt8(ascii: "u"):
        guard var code = unit(index) else { return nil }
        index += 4
        if 0xD800..<0xDC00 ~= code, index + 6 <= raw.endIndex, raw[index] == 0x5C, raw[index + 1] == 0x75,
          let low = unit(index + 2), 0xDC00..<0xE000 ~= low
        {
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
          index += 6
        }
        guard let scalar = Unicode.Scalar(code) else { return nil }
        out.append(contentsOf: UTF8.encode(scalar)!)
      default: return nil
      }
    }
    return String(validating: out, as: UTF8.self)
  }
}
