/// 64 bits that change with any change of one word, at several GB a second: for damage, not against
/// attackers.
struct Checksum {
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Every step maps different states to different states, so that a changed word cannot cancel out.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var lanes: (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
    func word(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    let whole = bytes.count / 32 * 32
    var offset = 0
    while offset < whole {
      lanes.0 = mixed(lanes.0, word(offset))
      lanes.1 = mixed(lanes.1, word(offset + 8))
      lanes.2 = mixed(lanes.2, word(offset + 16))
      lanes.3 = mixed(lanes.3, word(offset + 24))
      offset += 32
    }
    var sum = UInt64(bytes.count)
    for lane in [lanes.0, lanes.1, lanes.2, lanes.3] { sum = mixed(sum, lane) }
    for byte in bytes[whole...] { sum = mixed(sum, UInt64(byte)) }
    return sum ^ sum >> 32
  }

  @inline(__always)
  private static func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let value = state ^ word
    return (value << 29 | value >> 35) &* factor
  }
}
