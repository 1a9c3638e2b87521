import CArrow

/// How the values of a column lie in Arrow's buffers.
/// - Source: Arrow C data interface, "Data type description".
indirect enum ArrowType {
  case null
  case truth
  case integer(bytes: Int, isSigned: Bool)
  case float(bytes: Int)
  /// Offsets of 4 or 8 bytes into one buffer
  case text(offsetBytes: Int)
  case bytes(offsetBytes: Int)
  /// 16 bytes each that hold a short text, or point into one of many buffers
  case textView
  case bytesView
  case fixedBytes(Int)
  case days
  /// Since 1970, so many in a second
  case moment(perSecond: Int64, isDate: Bool)
  case list(offsetBytes: Int, ArrowType)
  case fixedList(Int, ArrowType)
  case object([(name: String, type: ArrowType)])
  case dictionary(index: ArrowType, value: ArrowType)
  /// A type that no text and no label has, by Arrow's letters
  case unsupported(String)

  /// Deeper columns than this are refused.
  private static let deepest = 32

  init(_ schema: UnsafePointer<ArrowSchema>, depth: Int = 0) {
    let format = schema.pointee.format.map { String(cString: $0) } ?? ""
    guard depth < ArrowType.deepest else {
      self = .unsupported("nested too deeply")
      return
    }
    func child(_ index: Int) -> UnsafePointer<ArrowSchema> {
      UnsafePointer(schema.pointee.children[index]!)
    }
    if let values = schema.pointee.dictionary {
      self = .dictionary(
        index: ArrowType.plain(format) ?? .unsupported(format), value: ArrowType(values, depth: depth + 1))
      return
    }
    let count = Int(schema.pointee.n_children)
    switch format {
    case "+l", "+m": self = .list(offsetBytes: 4, ArrowType(child(0), depth: depth + 1))
    case "+L": self = .list(offsetBytes: 8, ArrowType(child(0), depth: depth + 1))
    case "+s":
      self = .object(
        (0..<count).map { index in
          (
            child(index).pointee.name.map { String(cString: $0) } ?? "",
            ArrowType(child(index), depth: depth + 1)
          )
        })
    case _ where format.hasPrefix("+w:"):
      self = .fixedList(Int(format.dropFirst(3)) ?? 0, ArrowType(child(0), depth: depth + 1))
    default: self = ArrowType.plain(format) ?? .unsupported(format)
    }
  }

  /// Whether its values have a ``Cell``.
  var isReadable: Bool {
    switch self {
    case .unsupported: false
    case .list(_, let element), .fixedList(_, let element): element.isReadable
    case .object(let fields): fields.allSatisfy { $0.type.isReadable }
    case .dictionary(let index, let value): index.isReadable && value.isReadable
    default: true
    }
  }

  private static func plain(_ format: String) -> ArrowType? {
    switch format {
    case "n": return .null
    case "b": return .truth
    case "c", "C": return .integer(bytes: 1, isSigned: format == "c")
    case "s", "S": return .integer(bytes: 2, isSigned: format == "s")
    case "i", "I": return .integer(bytes: 4, isSigned: format == "i")
    case "l", "L": return .integer(bytes: 8, isSigned: format == "l")
    case "e": return .float(bytes: 2)
    case "f": return .float(bytes: 4)
    case "g": return .float(bytes: 8)
    case "u": return .text(offsetBytes: 4)
    case "U": return .text(offsetBytes: 8)
    case "z": return .bytes(offsetBytes: 4)
    case "Z": return .bytes(offsetBytes: 8)
    case "vu": return .textView
    case "vz": return .bytesView
    case "tdD": return .days
    case "tdm": return .moment(perSecond: 1000, isDate: true)
    default: break
    }
    if format.hasPrefix("w:"), let size = Int(format.dropFirst(2)) { return .fixedBytes(size) }
    for (prefix, perSecond) in [("tss:", 1), ("tsm:", 1000), ("tsu:", 1_000_000), ("tsn:", 1_000_000_000)]
    where format.hasPrefix(prefix) {
      return .moment(perSecond: Int64(perSecond), isDate: false)
    }
    return nil
  }
}
