import Files
import Foundation

/// The values at the top of a model folder's `config.json`, each checked before it is used.
///
/// The file is read once for each opening of a folder: a ``Checkpoint`` carries it to all who ask.
public struct ConfigFile: Sendable {
  public let path: String
  private let values: [String: JSONReader.Scalar]
  /// The text of each list and object.
  private let containers: [String: Data]

  /// - Throws: `FathomError` when there is no such file, or it is not a JSON object.
  public init(folder: URL) throws {
    let file = folder.appendingPathComponent("config.json")
    path = file.path
    guard let data = try? Data(contentsOf: file) else {
      throw FathomError(
        .notFound, at: file.path, "the file cannot be read",
        mend: "name a model folder in the Hugging Face layout")
    }
    var values: [String: JSONReader.Scalar] = [:]
    var containers: [String: Data] = [:]
    do {
      try data.withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        // Of a name that repeats the last value counts, as in Python.
        try reader.members { reader, name in
          let (value, range) = try reader.located()
          values[name] = value
          if case .container = value { containers[name] = Data(bytes[range]) } else { containers[name] = nil }
        }
        try reader.end()
      }
    } catch {
      throw FathomError(.damaged, at: file.path, "the file is not a JSON object", mend: "download it again")
    }
    self.values = values
    self.containers = containers
  }

  /// What the file has under a name, as it is; nil for nothing and for `null`.
  public subscript(key: String) -> (any Sendable)? {
    switch values[key] {
    case .text(let value): value
    case .integer(let value): value
    case .number(let value): value
    case .flag(let value): value
    case .container: containers[key]
    case nil, .null: nil
    }
  }

  /// A whole number.
  /// - Throws: `FathomError` when it is missing without a default, of another type or outside the range.
  public func size(_ key: String, default fallback: Int? = nil, in range: ClosedRange<Int>) throws -> Int {
    let found: Int?
    switch values[key] {
    case .integer(let value): found = value
    case nil, .null: found = fallback
    default: found = nil
    }
    guard let value = found else {
      throw fault("'\(key)' is missing or not a whole number")
    }
    guard range.contains(value) else {
      throw fault("'\(key)' is \(value), outside \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A number from 0 to 1, without 1 itself.
  public func rate(_ key: String, default fallback: Double) throws -> Double {
    let value: Double
    switch values[key] {
    case .number(let number): value = number
    case .integer(let number): value = Double(number)
    case nil, .null: return fallback
    default: throw fault("'\(key)' is not a number from 0 to 1")
    }
    guard (0..<1).contains(value) else { throw fault("'\(key)' is not a number from 0 to 1") }
    return value
  }

  public func flag(_ key: String, default fallback: Bool) throws -> Bool {
    switch values[key] {
    case .flag(let value): return value
    case nil, .null: return fallback
    default: throw fault("'\(key)' is neither true nor false")
    }
  }

  /// nil when it is missing.
  public func text(_ key: String) throws -> String? {
    switch values[key] {
    case .text(let value): return value
    case nil, .null: return nil
    default: throw fault("'\(key)' is not text")
    }
  }

  public func states(_ key: String) -> Bool { values[key] != nil }

  /// What Hugging Face calls the class of the model's tokenizer; nil where the file does not say it.
  public var tokenizerClass: String? { self["tokenizer_class"] as? String }

  /// Whether the key has a list or an object that holds something.
  public func holdsEntries(_ key: String) -> Bool { values[key] == .container(isEmpty: false) }

  /// What is wrong with a value.
  public func fault(_ what: Sentence) -> FathomError {
    FathomError(.damaged, at: path, what, mend: "bring the config.json that belongs to the model")
  }

  /// What a value asks for and Fathom does not do.
  public func unsupported(_ what: Sentence, mend: Sentence) -> FathomError {
    FathomError(.unsupported, at: path, what, mend: mend)
  }
}
