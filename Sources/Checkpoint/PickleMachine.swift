import Files
import Foundation
import Torch

/// Reads the pickles that `torch.save` writes, without running anything from them.
///
/// The machine knows the opcodes of plain data. A call in the stream is carried out only when it is one of
/// the few that put tensors together; every other one leaves an opaque value. Values sit in one array and
/// refer to each other by index, so no file can nest deep enough to overflow a stack, and memory stays linear
/// in its size.
/// - Source: Python's `pickletools`; `torch/serialization.py`.
struct PickleMachine {
  indirect enum Value {
    case none
    case mark
    case opaque(String)
    case bool(Bool)
    case int(Int)
    case string(String)
    case sequence([Int])
    case dictionary([(key: Int, value: Int)])
    case global(String)
    case storage(key: String, dtype: DType, count: Int)
    case tensor(storage: String, dtype: DType, count: Int, offset: Int, shape: [Int], strides: [Int])
  }

  private(set) var values: [Value] = []
  private var stack: [Int] = []
  private var memo: [Int: Int] = [:]
  private let bytes: UnsafeRawBufferPointer
  private(set) var position: Int
  private let name: String

  /// What a file may make of its bytes: values, and references to them on the stack and in the memo. A
  /// checkpoint needs a few dozen for each tensor; the first numbers are 5,000 tensors, and beyond them
  /// memory grows with the file.
  private var valuesLeft: Int
  var referencesLeft: Int

  /// - Parameter fileSize: in bytes; memory stays under a fixed multiple of it.
  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0, fileSize: Int, name: String) {
    valuesLeft = 100_000 + fileSize / 32
    referencesLeft = 250_000 + fileSize / 16
    self.bytes = bytes
    self.position = position
    self.name = name
  }

  func fail(_ what: String) -> FathomError {
    FathomError(
      .damaged, at: name, "\(what.prefix(300)) at byte \(position)",
      mend: "the file is damaged or not a PyTorch checkpoint")
  }

  /// Runs to STOP and returns the index of the root value.
  mutating func run() throws -> Int {
    while true {
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") { return try pop() }
      try step(opcode)
    }
  }

  private mutating func step(_ opcode: UInt8) throws {
    switch Character(Unicode.Scalar(opcode)) {
    case "\u{80}": _ = try byte()  // PROTO
    case "\u{95}": _ = try number(UInt64.self)  // FRAME
    case "(": try push(.mark)
    case "N": try push(.none)
    case "\u{88}": try push(.bool(true))
    case "\u{89}": try push(.bool(false))
    case "K": try push(.int(Int(byte())))
    case "M": try push(.int(Int(number(UInt16.self))))
    case "J": try push(.int(Int(number(Int32.self))))
    case "\u{8a}": try long()
    case "G":
      _ = try number(UInt64.self)
      try push(.opaque("float"))
    case "X": try push(.string(text(Int(number(UInt32.self)))))
    case "\u{8c}": try push(.string(text(Int(byte()))))
    case "T": try push(.string(text(Int(number(UInt32.self)))))
    case "U": try push(.string(text(Int(byte()))))
    case "C": try skip(Int(try byte()))
    case "B": try skip(Int(try number(UInt32.self)))
    case "]", ")": try push(.sequence([]))
    case "}": try push(.dictionary([]))
    case "\u{8f}": try push(.opaque("set"))
    case "l", "t": try push(.sequence(popToMark()))
    case "d": try makeDictionary()
    case "\u{85}": try push(.sequence(pop(1)))
    case "\u{86}": try push(.sequence(pop(2)))
    case "\u{87}": try push(.sequence(pop(3)))
    case "0": _ = try pop()
    case "1": _ = try popToMark()
    case "2": try refer(to: try top())
    case "q": try remember(Int(try byte()))
    case "r": try remember(Int(try number(UInt32.self)))
    case "\u{94}": try remember(memo.count)
    case "h": try recall(Int(try byte()))
    case "j": try recall(Int(try number(UInt32.self)))
    case "a": try extend(with: [try pop()])
    case "e", "\u{90}": try extend(with: try popToMark())
    case "s": try setItems(try pop(2))
    case "u": try setItems(try popToMark())
    case "c": try push(.global(line() + "." + line()))
    case "\u{93}":
      let parts = try pop(2)
      guard case .string(let module) = values[parts[0]], case .string(let symbol) = values[parts[1]] else {
        throw fail("a malformed global")
      }
      try push(.global(module + "." + symbol))
    case "R", "\u{81}":
      let parts = try pop(2)
      try call(parts[0], parts[1])
    case "b": _ = try pop()  // BUILD: the state of an object; tensors and dictionaries need none
    case "Q": try persistentStorage()
    default: throw fail("opcode 0x\(String(opcode, radix: 16)), which plain checkpoints do not use,")
    }
  }

  // MARK: Stack

  mutating func push(_ value: Value) throws {
    valuesLeft -= 1
    guard valuesLeft >= 0 else { throw fail("more values than a checkpoint of this size has") }
    values.append(value)
    try refer(to: values.count - 1)
  }

  mutating func refer(to index: Int) throws {
    referencesLeft -= 1
    guard referencesLeft >= 0 else { throw fail("more values than a checkpoint of this size has") }
    stack.append(index)
  }

  private mutating func remember(_ key: Int) throws {
    referencesLeft -= 1
    guard referencesLeft >= 0 else { throw fail("more values than a checkpoint of this size has") }
    memo[key] = try top()
  }

  private func top() throws -> Int {
    guard let last = stack.last else { throw fail("an empty stack") }
    return last
  }

  mutating func pop() throws -> Int {
    guard let last = stack.popLast() else { throw fail("an empty stack") }
    return last
  }

  private mutating func pop(_ count: Int) throws -> [Int] {
    guard stack.count >= count else { throw fail("an empty stack") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [Int] {
    guard let mark = stack.lastIndex(where: { if case .mark = values[$0] { true } else { false } }) else {
      throw fail("a missing mark")
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[(mark + 1)...])
  }

  private mutating func recall(_ key: Int) throws {
    guard let index = memo[key] else { throw fail("a missing memo") }
    try refer(to: index)
  }

  private mutating func extend(with items: [Int]) throws {
    let list = try top()
    guard case .sequence(var known) = values[list] else { return }
    values[list] = .none  // so that the array below is not copied
    known += items
    values[list] = .sequence(known)
  }

  private mutating func makeDictionary() throws {
    let items = try popToMark()
    try push(.dictionary([]))
    try setItems(items)
  }

  private mutating func setItems(_ items: [Int]) throws {
    let dictionary = try top()
    guard case .dictionary(var known) = values[dictionary] else { return }
    guard items.count % 2 == 0 else { throw fail("a key without a value") }
    values[dictionary] = .none
    for pair in stride(from: 0, to: items.count, by: 2) { known.append((items[pair], items[pair + 1])) }
    values[dictionary] = .dictionary(known)
  }

  // MARK: Bytes

  private mutating func byte() throws -> UInt8 { try number(UInt8.self) }

  private mutating func number<T: FixedWidthInteger>(_: T.Type) throws -> T {
    guard position <= bytes.count - MemoryLayout<T>.size else { throw fail("the end of the file") }
    defer { position += MemoryLayout<T>.size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
  }

  private mutating func text(_ length: Int) throws -> String {
    guard length <= bytes.count - position else { throw fail("the end of the file") }
    defer { position += length }
    return String(decoding: bytes[position..<position + length], as: UTF8.self)
  }

  private mutating func skip(_ length: Int) throws {
    guard length <= bytes.count - position else { throw fail("the end of the file") }
    position += length
    try push(.opaque("bytes"))
  }

  private mutating func line() throws -> String {
    guard let end = bytes[position...].firstIndex(of: 10) else { throw fail("the end of the file") }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  /// LONG1; only the magic number is wider than an Int, and that one is compared as an opaque value.
  private mutating func long() throws {
    let length = Int(try byte())
    guard length <= bytes.count - position else { throw fail("the end of the file") }
    defer { position += length }
    if length > 8 { return try push(.opaque("long")) }
    var value = length > 0 && bytes[position + length - 1] & 0x80 != 0 ? -1 : 0
    for offset in (0..<length).reversed() { value = value << 8 | Int(bytes[position + offset]) }
    try push(.int(value))
  }
}
