import Foundation

/// Reads the `"vocab": {"piece": id, …}` object of a tokenizer.json from its bytes.
///
/// A Swift dictionary takes é and e with a combining accent for the same key; a vocabulary may hold both.
enum VocabularyScanner {
  /// nil when there is no such object or it is malformed.
  static func pieces(_ data: Data) throws -> [(token: String, id: Int)]? {
    guard let key = data.range(of: Data("\"vocab\"".utf8)) else { return nil }
    let bytes = [UInt8](data[key.upperBound...])
    var index = 0
    func skipBlanks() { while index < bytes.count, [32, 9, 10, 13].contains(bytes[index]) { index += 1 } }
    func take(_ character: Character) -> Bool {
      skipBlanks()
      guard index < bytes.count, bytes[index] == character.asciiValue else { return false }
      index += 1
      return true
    }
    guard take(":"), take("{") else { return nil }
    var entries: [(token: String, id: Int)] = []
    if take("}") { return entries }
    repeat {
      guard take("\"") else { return nil }
      let start = index
      var isEscaped = false
      while index < bytes.count, bytes[index] != 0x22 {
        if bytes[index] == 0x5C {
          isEscaped = true
          index += 1
        }
        index += 1
      }
      guard index < bytes.count else { return nil }
      var token = String(decoding: bytes[start..<index], as: UTF8.self)
      if isEscaped {
        let quoted = Data([0x22] + bytes[start..<index] + [0x22])
        guard
          let text = try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed) as? String
        else {
          return nil
        }
        token = text
      }
      index += 1
      guard take(":") else { return nil }
      skipBlanks()
      let digits = bytes[index...].prefix { (0x30...0x39).contains($0) }
      guard let id = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
      index += digits.count
      entries.append((token, id))
    } while take(",")
    return take("}") ? entries : nil
  }
}
