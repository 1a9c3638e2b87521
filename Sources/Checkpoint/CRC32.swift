/// The checksum of zip entries, eight bytes at a time.
/// - Source: ISO 3309; Kounavis and Berry 2008, "Novel Table Lookup-Based Algorithms for High-Performance CRC
///   Generation".
enum CRC32 {
  /// Table `k` advances a byte that `k` more bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
      tables[byte] = value
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables[index] = tables[Int(before & 0xFF)] ^ (before >> 8)
    }
    return tables
  }()

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { table in
      var value: UInt32 = 0xFFFF_FFFF
      var index = 0
      while bytes.count - index >= 8 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        let mixed = word ^ UInt64(value)
        value = 0
        for offset in 0..<8 {
          value ^= table[(7 - offset) * 256 + Int(truncatingIfNeeded: mixed >> UInt64(8 * offset)) & 0xFF]
        }
        index += 8
      }
      while index < bytes.count {
        value = table[Int((value ^ UInt32(bytes[index])) & 0xFF)] ^ (value >> 8)
        index += 1
      }
      return ~value
    }
  }
}
