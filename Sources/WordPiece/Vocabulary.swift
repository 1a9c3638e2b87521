import Foundation

/// The word pieces of a model: piece to id and back.
///
/// Pieces are found by an incremental hash, so that all prefixes of a word are hashed in one pass; a hit is
/// compared byte by byte.
public struct Vocabulary: Sendable {
  public let tokens: [String]
  /// The bytes of all pieces, a continuing piece without its `##`.
  private let bytes: [UInt8]
  private let starts: [Int32]
  private let isContinuing: [Bool]
  /// Open addressing: id + 1, or 0 for an empty slot.
  private let slots: [Int32]
  private let mask: Int
  let longestPiece: Int

  static let startSeed: UInt64 = 0xcbf2_9ce4_8422_2325
  static let continuingSeed: UInt64 = 0x9ae1_6a3b_2f90_404f

  @inline(__always)
  static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 { (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

  @inline(__always)
  private static func slot(_ hash: UInt64, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: hash ^ (hash >> 29)) & mask
  }

  /// - Parameter tokens: in the order of their ids; of equal ones the last counts, as in Hugging Face.
  public init(_ tokens: [String]) {
    self.tokens = tokens
    var bytes: [UInt8] = []
    var starts: [Int32] = [0]
    var isContinuing: [Bool] = []
    var capacity = 16
    while capacity < tokens.count * 2 { capacity *= 2 }
    mask = capacity - 1
    var slots = [Int32](repeating: 0, count: capacity)
    var longest = 0
    for (id, token) in tokens.enumerated() {
      let (piece, continuing) = Vocabulary.parts(token)
      longest = max(longest, piece.count)
      bytes += piece
      starts.append(Int32(bytes.count))
      isContinuing.append(continuing)
      let hash = piece.reduce(continuing ? Vocabulary.continuingSeed : Vocabulary.startSeed, Vocabulary.mix)
      var slot = Vocabulary.slot(hash, mask)
      while slots[slot] != 0, !tokens[Int(slots[slot]) - 1].utf8.elementsEqual(token.utf8) {
        slot = (slot + 1) & mask
      }
      slots[slot] = Int32(id) + 1
    }
    self.bytes = bytes
    self.starts = starts
    self.isContinuing = isContinuing
    self.slots = slots
    longestPiece = longest
  }

  /// The id of a whole token such as `[CLS]` or `##ing`.
  public func id(_ token: String) -> Int32? {
    let (piece, continuing) = Vocabulary.parts(token)
    let hash = piece.reduce(continuing ? Vocabulary.continuingSeed : Vocabulary.startSeed, Vocabulary.mix)
    return piece.withUnsafeBufferPointer { find($0, hash: hash, continuing: continuing) }
  }

  func isContinuation(_ id: Int32) -> Bool { isContinuing[Int(id)] }

  /// Bytes, never Characters: Swift's strings take `##` before a combining mark for something else, and é for
  /// e with
  /// an accent; word pieces do not.
  private static func parts(_ token: String) -> (piece: [UInt8], isContinuing: Bool) {
    let bytes = Array(token.utf8)
    let continuing = bytes.count > 2 && bytes[0] == 0x23 && bytes[1] == 0x23
    return (continuing ? Array(bytes.dropFirst(2)) : bytes, continuing)
  }

  @inline(__always)
  func find(_ piece: UnsafeBufferPointer<UInt8>, hash: UInt64, continuing: Bool) -> Int32? {
    var slot = Vocabulary.slot(hash, mask)
    while true {
      let entry = slots[slot]
      if entry == 0 { return nil }
      let id = Int(entry) - 1
      let start = Int(starts[id])
      if Int(starts[id + 1]) - start == piece.count, isContinuing[id] == continuing,
        bytes.withUnsafeBufferPointer({
          piece.isEmpty || memcmp($0.baseAddress! + start, piece.baseAddress!, piece.count) == 0
        })
      {
        return entry - 1
      }
      slot = (slot + 1) & mask
    }
  }
}
