/// Reads JSON one value at a time, so that memory depends on what is kept and not on the text.
///
/// Nothing here calls itself: what is skipped may nest 512 deep at most, and is refused beyond.
/// - Source: RFC 8259
package struct JSONReader {
  package enum Fault: Error, Equatable { case malformed(offset: Int) }

  /// A value that is no container, or the news that there is one.
  package enum Scalar: Sendable, Equatable {
    case text(String)
    case integer(Int)
    /// Has a fraction or an exponent, or is beyond an `Int`.
    case number(Double)
    case flag(Bool)
    case null
    case container(isEmpty: Bool)
  }

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private static let deepest = 512

  /// - Parameter bytes: UTF-8; they must outlive the reader.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private var fault: Fault { .malformed(offset: position) }

  // MARK: Values

  /// Calls `body` with each name of an object, in the order of the text; `body` reads the value.
  package mutating func members(_ body: (inout JSONReader, String) throws -> Void) throws {
    try expect(UInt8(ascii: "{"))
    if take(UInt8(ascii: "}")) { return }
    repeat {
      let name = try text()
      try expect(UInt8(ascii: ":"))
      try body(&self, name)
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// Calls `body` for each element of an array; `body` reads it.
  package mutating func elements(_ body: (inout JSONReader) throws -> Void) throws {
    try expect(UInt8(ascii: "["))
    if take(UInt8(ascii: "]")) { return }
    repeat { try body(&self) } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
  }

  package mutating func text() throws -> String {
    let range = try textRange()
    guard let text = JSONText.decoded(UnsafeRawBufferPointer(rebasing: bytes[range])) else { throw fault }
    return text
  }

  /// A number without fraction or exponent that fits.
  package mutating func integer() throws -> Int {
    guard case .integer(let value) = try scalar() else { throw fault }
    return value
  }

  /// The next value, and where its text is.
  package mutating func located() throws -> (value: Scalar, range: Range<Int>) {
    skipSpace()
    let start = position
    return (try scalar(), start..<position)
  }

  /// The next value; a container is checked and skipped.
  package mutating func scalar() throws -> Scalar {
    skipSpace()
    guard let next = peek() else { throw fault }
    switch next {
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "{"), UInt8(ascii: "["): return .container(isEmpty: try skipContainer())
    case UInt8(ascii: "t"):
      try word("true")
      return .flag(true)
    case UInt8(ascii: "f"):
      try word("false")
      return .flag(false)
    case UInt8(ascii: "n"):
      try word("null")
      return .null
    default: return try number()
    }
  }

  /// - Throws: unless only space is left.
  package mutating func end() throws {
    skipSpace()
    if position != bytes.count { throw fault }
  }

  // MARK: Containers that are skipped

  /// - Returns: whether it was empty.
  private mutating func skipContainer() throws -> Bool {
    var closers: [UInt8] = []
    let start = position
    repeat {
      skipSpace()
      guard let opener = peek() else { throw fault }
      if opener == UInt8(ascii: "{") || opener == UInt8(ascii: "[") {
        guard closers.count < Self.deepest else { throw fault }
        position += 1
        closers.append(opener == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        if take(closers[closers.count - 1]) {
          closers.removeLast()
          if closers.isEmpty { return isEmpty(from: start) }
        } else {
          try skipName(closers)
          continue
        }
      } else {
        _ = try scalar()
      }
      while let closer = closers.last, take(closer) { closers.removeLast() }
      if closers.isEmpty { return false }
      try expect(UInt8(ascii: ","))
      try skipName(closers)
    } while true
  }

  private func isEmpty(from start: Int) -> Bool {
    bytes[start + 1..<position - 1].allSatisfy(Self.isSpace)
  }

  private mutating func skipName(_ closers: [UInt8]) throws {
    guard closers.last == UInt8(ascii: "}") else { return }
    _ = try textRange()
    try expect(UInt8(ascii: ":"))
  }

  // MARK: Text

  /// The bytes between the quotes.
  private mutating func textRange() throws -> Range<Int> {
    try expect(UInt8(ascii: "\""))
    let start = position
    while let byte = peek(), byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw fault }
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < bytes.count else { throw fault }
    position += 1
    return start..<position - 1
  }

  // MARK: Numbers

  private mutating func number() throws -> Scalar {
    let start = position
    if peek() == UInt8(ascii: "-") { position += 1 }
    let first = peek()
    let digits = skipDigits()
    guard digits > 0, digits == 1 || first != UInt8(ascii: "0") else { throw fault }
    var isWhole = true
    if peek() == UInt8(ascii: ".") {
      position += 1
      isWhole = false
      guard skipDigits() > 0 else { throw fault }
    }
    if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
      position += 1
      isWhole = false
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw fault }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text) else { throw fault }
    return .number(value)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  // MARK: Bytes

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  private mutating func skipSpace() {
    while let byte = peek(), Self.isSpace(byte) { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8) throws {
    guard take(byte) else { throw fault }
  }

  private mutating func word(_ word: StaticString) throws {
    let length = word.utf8CodeUnitCount
    guard length <= bytes.count - position else { throw fault }
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: length)
    guard bytes[position..<position + length].elementsEqual(expected) else { throw fault }
    position += length
  }
}
