import Foundation

/// Words met so far with their ids; forgets everything when it grows past its limit.
struct WordCache {
  private var slots = [Entry](repeating: Entry(), count: 1 << 15)
  private var bytes: [UInt8] = []
  private var ids: [Int32] = []
  private var count = 0

  private struct Entry {
    var hash: UInt64 = 0
    var start: Int32 = 0
    var length: Int32 = 0
    var idStart: Int32 = 0
    var idCount: Int32 = 0
  }

  @inline(__always)
  func append(_ word: [UInt8], _ hash: UInt64, to output: inout [Int32]) -> Bool {
    var slot = Int(truncatingIfNeeded: hash ^ (hash >> 31)) & (slots.count - 1)
    while true {
      let entry = slots[slot]
      if entry.length == 0 { return false }
      if entry.hash == hash, Int(entry.length) == word.count, matches(entry, word) {
        if entry.idCount == 1 {
          output.append(ids[Int(entry.idStart)])
        } else {
          output.append(contentsOf: ids[Int(entry.idStart)..<Int(entry.idStart + entry.idCount)])
        }
        return true
      }
      slot = (slot + 1) & (slots.count - 1)
    }
  }

  private func matches(_ entry: Entry, _ word: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { known in
      word.withUnsafeBufferPointer {
        memcmp(known.baseAddress! + Int(entry.start), $0.baseAddress!, $0.count) == 0
      }
    }
  }

  mutating func store(_ word: [UInt8], _ hash: UInt64, _ found: ArraySlice<Int32>) {
    if word.count > 256 { return }
    if count * 2 > slots.count {
      if slots.count >= 1 << 18 { self = WordCache() } else { grow() }
    }
    insert(
      Entry(
        hash: hash, start: Int32(bytes.count), length: Int32(word.count), idStart: Int32(ids.count),
        idCount: Int32(found.count)))
    bytes += word
    ids += found
    count += 1
  }

  private mutating func insert(_ entry: Entry) {
    var slot = Int(truncatingIfNeeded: entry.hash ^ (entry.hash >> 31)) & (slots.count - 1)
    while slots[slot].length != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = entry
  }

  private mutating func grow() {
    let old = slots
    slots = [Entry](repeating: Entry(), count: old.count * 2)
    for entry in old where entry.length != 0 { insert(entry) }
  }
}
