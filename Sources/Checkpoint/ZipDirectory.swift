import Files
import Foundation

/// The entries of a zip archive that is not compressed, as `torch.save` writes it; zip64 included.
/// - Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16.
struct ZipDirectory {
  private(set) var entries: [String: (offset: Int, length: Int)] = [:]

  init(_ file: MappedFile) throws {
    let path = file.url.path
    func fail(_ what: String) -> FathomError {
      FathomError(.damaged, at: path, "is a damaged archive (\(what))", mend: "download it again")
    }
    func number<T: FixedWidthInteger>(_ offset: Int, _ type: T.Type) throws -> Int {
      guard let value = file.number(at: offset, as: type), let number = Int(exactly: value) else {
        throw fail("its directory leaves the file")
      }
      return number
    }
    let earliest = max(0, file.count - 65557)
    guard
      let end = stride(from: file.count - 22, through: earliest, by: -1)
        .first(where: { file.number(at: $0, as: UInt32.self) == 0x0605_4b50 })
    else { throw fail("no directory at its end") }
    guard end + 22 + (try number(end + 20, UInt16.self)) == file.count else {
      throw fail("bytes after its directory")
    }
    var directoryEnd = end
    var count = try number(end + 10, UInt16.self)
    var position = try number(end + 16, UInt32.self)
    if file.number(at: end - 20, as: UInt32.self) == 0x0706_4b50 {
      let end64 = try number(end - 12, UInt64.self)
      guard file.number(at: end64, as: UInt32.self) == 0x0606_4b50 else {
        throw fail("a broken zip64 record")
      }
      // Its own directory may lie elsewhere when two archives are joined.
      guard let length = file.number(at: end64 + 4, as: UInt64.self), let gap = Int(exactly: length),
        gap == end - 20 - end64 - 12
      else { throw fail("it holds two archives") }
      directoryEnd = end64
      count = try number(end64 + 32, UInt64.self)
      position = try number(end64 + 48, UInt64.self)
    }
    // Each entry takes 46 bytes at least.
    guard count <= file.count / 46 else { throw fail("\(count) entries") }
    var checked = 0
    for _ in 0..<count {
      guard file.number(at: position, as: UInt32.self) == 0x0201_4b50 else { throw fail("a broken entry") }
      let method = try number(position + 10, UInt16.self)
      var length = try number(position + 24, UInt32.self)
      let nameLength = try number(position + 28, UInt16.self)
      let extraLength = try number(position + 30, UInt16.self)
      let commentLength = try number(position + 32, UInt16.self)
      var local = try number(position + 42, UInt32.self)
      guard let nameBytes = file.slice(position + 46, nameLength) else {
        throw fail("a name leaves the file")
      }
      let name = String(decoding: nameBytes, as: UTF8.self)
      var extra = position + 46 + nameLength
      let extraEnd = extra + extraLength
      while extra + 4 <= extraEnd {
        let size = try number(extra + 2, UInt16.self)
        if try number(extra, UInt16.self) == 1 {
          var field = extra + 4
          if length == 0xFFFF_FFFF {
            length = try number(field, UInt64.self)
            field += 8
          }
          if try number(position + 20, UInt32.self) == 0xFFFF_FFFF { field += 8 }
          if local == 0xFFFF_FFFF { local = try number(field, UInt64.self) }
        }
        extra += 4 + size
      }
      guard method == 0 else { throw fail("'\(name)' is compressed, which torch.save never does") }
      guard file.number(at: local, as: UInt32.self) == 0x0403_4b50 else {
        throw fail("'\(name)' is not where it should be")
      }
      let start = local + 30 + (try number(local + 26, UInt16.self)) + (try number(local + 28, UInt16.self))
      guard let content = file.slice(start, length) else { throw fail("'\(name)' leaves the file") }
      guard entries.updateValue((start, length), forKey: name) == nil else {
        throw fail("two entries are named '\(name.prefix(200))'")
      }
      checked += length
      guard checked <= file.count else { throw fail("its entries overlap") }
      guard try number(position + 16, UInt32.self) == Int(CRC32.of(content)) else {
        throw fail("the checksum of '\(name.prefix(200))' differs")
      }
      position += 46 + nameLength + extraLength + commentLength
    }
    guard position == directoryEnd else {
      throw fail("its directory has another size, or it holds two archives")
    }
  }
}
