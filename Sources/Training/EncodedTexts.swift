import Files
import Classification
import Corpus
import Encoder
import Foundation
import Torch

/// The token ids of a data set: each text is encoded when it is first asked for, and its ids are then kept on
/// disk.
public final class EncodedTexts: @unchecked Sendable {
  public let data: DataSet
  private let encode: ([TextInput]) -> [TokenSequence]
  private let spool: ByteSpool
  private let lock = NSLock()
  /// The spool's number of each example, -1 before it was encoded.
  private var entries: [Int32]

  /// - Throws: `FathomError` when the temporary folder cannot be written to.
  public init(_ data: DataSet, _ classifier: TextClassifier) throws {
    self.data = data
    let (tokenizer, text) = (classifier.tokenizer, classifier.settings.text)
    encode = { text.encode($0, with: tokenizer) }
    spool = try ByteSpool()
    entries = [Int32](repeating: -1, count: data.count)
  }

  public var count: Int { data.count }

  /// The ids of the given examples, in their order.
  public func callAsFunction(_ indices: some Collection<Int>) throws -> [TokenSequence] {
    try lock.withLock {
      try encodeMissing(indices)
      return try indices.map { index in
        try spool.read(Int(entries[index])) { EncodedTexts.sequence($0.bindMemory(to: Int32.self)) }
      }
    }
  }

  /// In the spool the ids follow the place where the second text starts, -1 without one.
  private static func sequence(_ numbers: UnsafeBufferPointer<Int32>) -> TokenSequence {
    TokenSequence(Array(numbers.dropFirst()), secondStart: numbers[0] < 0 ? nil : Int(numbers[0]))
  }

  static let chunk = 8192

  /// Encodes what is not encoded yet, so that a measurement after it is of the model alone.
  public func encodeAll() throws {
    for start in stride(from: 0, to: count, by: EncodedTexts.chunk) {
      try lock.withLock { try encodeMissing(start..<min(start + EncodedTexts.chunk, count)) }
    }
  }

  private func encodeMissing(_ indices: some Collection<Int>) throws {
    let missing = indices.filter { entries[$0] < 0 }
    let inputs = try missing.map { TextInput(try data.texts.text($0), second: try data.seconds?.text($0)) }
    for (index, sequence) in zip(missing, encode(inputs)) {
      let numbers = [Int32(sequence.secondStart ?? -1)] + sequence.ids
      entries[index] = Int32(try numbers.withUnsafeBytes { try spool.append($0) })
    }
  }
}

extension TextClassifier {
  /// Logits of a data set in its order, a few thousand texts at a time.
  /// - Parameter progress: hears how many texts are done; what it throws ends the work.
  public func logits(
    _ set: EncodedTexts, dtype: DType, device: Device, progress: @escaping (Int) throws -> Void = { _ in }
  ) throws -> [[Float]] {
    var rows: [[Float]] = []
    rows.reserveCapacity(set.count)
    for start in stride(from: 0, to: set.count, by: EncodedTexts.chunk) {
      let sequences = try set(start..<min(start + EncodedTexts.chunk, set.count))
      rows += try logits(sequences, dtype: dtype, device: device) { try progress(start + $0) }
    }
    return rows
  }
}

/// A value that another thread works out meanwhile.
final class Background<Value: Sendable>: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  private var result: Result<Value, any Error>?

  init(_ work: @escaping @Sendable () throws -> Value) {
    DispatchQueue.global().async { [self] in
      result = Result(catching: work)
      done.signal()
    }
  }

  /// Waits for it; asked once.
  func value() throws -> Value {
    done.wait()
    return try result!.get()
  }
}
