import Crypto
import Foundation

/// SHA-256 of texts in their order: of their bytes end to end, and of where each ends.
struct TextDigest {
  private var bytes = SHA256()
  private var ends = NumberDigest()

  mutating func add(_ text: UnsafeRawBufferPointer) { bytes.update(bufferPointer: text) }

  mutating func end(at offset: UInt64) { ends.add(offset) }

  consuming func finish() -> [UInt8] {
    var whole = SHA256()
    whole.update(data: Data(bytes.finalize()))
    whole.update(data: Data(ends.finish()))
    return Array(whole.finalize())
  }
}

/// SHA-256 of numbers, little-endian, that are handed over many at a time.
struct NumberDigest {
  private var hash = SHA256()
  private var pending: [UInt64] = []
  private static let limit = 8192

  mutating func add(_ number: UInt64) {
    pending.append(number.littleEndian)
    if pending.count == NumberDigest.limit { flush() }
  }

  private mutating func flush() {
    pending.withUnsafeBytes { hash.update(bufferPointer: $0) }
    pending.removeAll(keepingCapacity: true)
  }

  consuming func finish() -> [UInt8] {
    flush()
    return Array(hash.finalize())
  }
}
