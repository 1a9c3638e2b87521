import CArrow
import Files
import Foundation

/// The names that Hugging Face's `datasets` keeps for columns of class numbers: in `dataset_info.json`, and
/// in the metadata of the Parquet and Arrow files that it writes.
struct ClassNames {
  private(set) var byColumn: [String: [String]] = [:]

  init() {}

  /// - Parameter info: JSON whose `features` say what each column is.
  init(info: Data) {
    guard let root = (try? BoundedJSON.value(info)) as? [String: Any],
      let features = root["features"] as? [String: Any]
    else { return }
    byColumn = features.compactMapValues(ClassNames.names)
  }

  init(_ schema: UnsafePointer<ArrowSchema>) {
    guard let metadata = ClassNames.metadata(schema)["huggingface"],
      let root = (try? BoundedJSON.value(metadata)) as? [String: Any], let info = root["info"],
      let data = try? JSONSerialization.data(withJSONObject: info)
    else {
      self.init()
      return
    }
    self.init(info: data)
  }

  /// Of a class, or of a list of them in one of the three forms that `datasets` has had.
  private static func names(_ feature: Any) -> [String]? {
    if let list = feature as? [Any], list.count == 1 { return names(list[0]) }
    guard let feature = feature as? [String: Any] else { return nil }
    if feature["_type"] as? String == "ClassLabel" { return feature["names"] as? [String] }
    return feature["feature"].flatMap(names)
  }

  /// - Source: Arrow C data interface, "ArrowSchema.metadata".
  private static func metadata(_ schema: UnsafePointer<ArrowSchema>) -> [String: Data] {
    guard let bytes = schema.pointee.metadata.map({ UnsafeRawPointer($0) }) else { return [:] }
    var offset = 0
    func number() -> Int {
      defer { offset += 4 }
      return Int(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }
    func string() -> Data {
      let size = number()
      defer { offset += size }
      return Data(bytes: bytes + offset, count: size)
    }
    var entries: [String: Data] = [:]
    for _ in 0..<number() {
      let key = String(decoding: string(), as: UTF8.self)
      entries[key] = string()
    }
    return entries
  }

  /// Class numbers as their names; -1 stands for none.
  /// - Throws: ``NoSuchClass``.
  static func named(_ cell: Cell, _ names: [String]) throws -> Cell {
    switch cell {
    case .word("-1"): return .null
    case .word(let word):
      guard let number = Int(word), names.indices.contains(number) else { throw NoSuchClass(word: word) }
      return .text(names[number])
    case .list(let cells): return .list(try cells.map { try named($0, names) })
    case .null, .text, .bytes, .object: return cell
    }
  }

  struct NoSuchClass: Error { let word: String }
}
