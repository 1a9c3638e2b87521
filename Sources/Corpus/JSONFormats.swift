import Files
import Foundation
import Tables

/// What both forms of JSON share: an object becomes a record of the keys that were asked for.
private struct JSONKeys {
  /// As the first object spells them
  private(set) var keys: [String]
  private var isSettled = false

  /// - Parameter first: the first object, whose keys are taken where all are asked for.
  init(_ selection: Selection, first: UnsafeRawBufferPointer?) {
    keys = selection.names ?? first.map(JSONFields.keys) ?? []
  }

  mutating func record(_ bytes: UnsafeRawBufferPointer, _ location: Location) throws -> Record {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw BadRow(fault: TextSource.notUTF8(location.description))
    }
    do {
      var values = try JSONFields.read(bytes, keys: keys)
      if !isSettled {
        isSettled = true
        if values.contains(where: { $0 == nil }) {
          settle(JSONFields.keys(bytes))
          values = try JSONFields.read(bytes, keys: keys)
        }
      }
      return Record(cells: values.map { $0 ?? .null }, location: location)
    } catch let fault as JSONFields.Fault {
      throw BadRow(
        fault: FathomError(
          .damaged, at: location.description, Sentence(fault.what),
          mend: "write one JSON object for each text"))
    }
  }

  /// Keys may differ from what was asked for in case and blanks.
  private mutating func settle(_ found: [String]) {
    for index in keys.indices {
      let matches = ColumnNames.matches(keys[index], in: found)
      if matches.count == 1 { keys[index] = found[matches[0]] }
    }
  }
}

/// One JSON object a line.
struct JSONLinesFormat: RecordFormat {
  private let source: TextSource
  private let path: String
  private var keys: JSONKeys
  private var position: Int
  private var line = 0

  init(_ source: TextSource, path: String, _ selection: Selection) {
    self.source = source
    self.path = path
    position = source.start
    keys = JSONKeys(selection, first: nil)
    var probe = self
    if selection.names == nil { keys = JSONKeys(selection, first: probe.nextLine()) }
  }

  var columns: [String] { keys.keys }

  mutating func next() throws -> Record? {
    guard let bytes = nextLine() else { return nil }
    return try keys.record(bytes, Location(path, .line, line))
  }

  /// The next line that is not blank.
  private mutating func nextLine() -> UnsafeRawBufferPointer? {
    while position < source.bytes.count {
      let end = source.bytes.first(source.lineBreak, from: position) ?? source.bytes.count
      let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[position..<end])
      position = end + 1
      line += 1
      source.file.release(upTo: end)
      if !bytes.allSatisfy({ $0 == 32 || $0 == 13 || $0 == 9 }) { return bytes }
    }
    return nil
  }
}

/// One JSON array of objects, read object by object.
struct JSONArrayFormat: RecordFormat {
  private let source: TextSource
  private let path: String
  private var keys: JSONKeys
  private var position: Int
  private var line = 1
  private var isOpen = false
  private var isDone = false

  init(_ source: TextSource, path: String, _ selection: Selection) {
    self.source = source
    self.path = path
    position = source.start
    keys = JSONKeys(selection, first: nil)
    var probe = self
    if selection.names == nil, let first = try? probe.nextItem() {
      keys = JSONKeys(selection, first: first.bytes)
    }
  }

  var columns: [String] { keys.keys }

  /// Whether a text starts as an array does.
  static func startsArray(_ source: TextSource) -> Bool {
    source.bytes[source.start...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == 0x5B
  }

  mutating func next() throws -> Record? {
    guard let (bytes, location) = try nextItem() else { return nil }
    return try keys.record(bytes, location)
  }

  private mutating func nextItem() throws -> (bytes: UnsafeRawBufferPointer, location: Location)? {
    if isDone { return nil }
    skipBlanks()
    if !isOpen {
      try take(0x5B, "is no JSON array")
      isOpen = true
      skipBlanks()
      if peek == 0x5D {
        try finish()
        return nil
      }
    }
    let location = Location(path, .line, line)
    let start = position
    try skipItem()
    let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[start..<position])
    skipBlanks()
    if peek == 0x2C {
      position += 1
    } else if peek == 0x5D {
      try finish()
    } else {
      throw fault("a comma or the end of the array is missing")
    }
    source.file.release(upTo: start)
    return (bytes, location)
  }

  private var peek: UInt8? { position < source.bytes.count ? source.bytes[position] : nil }

  private mutating func finish() throws {
    position += 1
    skipBlanks()
    guard position == source.bytes.count else { throw fault("something follows the array") }
    isDone = true
  }

  /// To the end of a value, by its brackets and quotes alone: what is in it is looked at afterwards.
  private mutating func skipItem() throws {
    var depth = 0
    let start = line
    while let byte = peek {
      switch byte {
      case 0x22: try skipString()
      case 0x5B, 0x7B:
        depth += 1
        position += 1
      case 0x5D, 0x7D:
        if depth == 0 { return }
        depth -= 1
        position += 1
        if depth == 0 { return }
      case 0x2C where depth == 0: return
      default:
        if byte == source.lineBreak { line += 1 }
        position += 1
      }
    }
    line = start
    throw fault("the object that starts here does not end")
  }

  private mutating func skipString() throws {
    position += 1
    while let byte = peek {
      position += byte == 0x5C ? 2 : 1
      if byte == 0x22 { return }
      if byte == source.lineBreak { line += 1 }
    }
    throw fault("a string does not end")
  }

  private mutating func skipBlanks() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
      if byte == source.lineBreak { line += 1 }
      position += 1
    }
  }

  private mutating func take(_ byte: UInt8, _ otherwise: String) throws {
    guard peek == byte else { throw fault(otherwise) }
    position += 1
  }

  private func fault(_ what: String) -> FathomError {
    FathomError(
      .damaged, at: Location(path, .line, line).description, Sentence("not JSON: " + what),
      mend: "write one array of objects, or one object a line")
  }
}
