import Files
import Fixtures
import Foundation
import Testing

@Suite struct DownloadTests {
  private let content = Data((0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) })

  private func withServer(
    cutAfter: Int = 0, ranges: Bool = true, sum: String = "", _ body: (URL, URL) throws -> Void
  ) throws {
    try Fixtures.withFolder { folder in
      let served = folder.appendingPathComponent("served")
      try FileManager.default.createDirectory(at: served, withIntermediateDirectories: true)
      try content.write(to: served.appendingPathComponent("file.bin"))
      let server = try RangeServer(served, cutAfter: cutAfter, honoursRanges: ranges, sum: sum)
      try withExtendedLifetime(server) {
        try body(URL(string: server.address + "/file.bin")!, folder.appendingPathComponent("got/file.bin"))
      }
    }
  }

  @Test(arguments: [true, false])
  func `a download that breaks off goes on at the next try`(ranges: Bool) throws {
    try withServer(cutAfter: 70_000, ranges: ranges) { source, destination in
      var tries = 0
      repeat {
        tries += 1
        do { try Download.fetch(source, to: destination) } catch is FathomError {}
      } while !FileManager.default.fileExists(atPath: destination.path) && tries < 5
      // Without ranges each try starts again, and never gets to the end.
      #expect(tries == (ranges ? 3 : 5))
      if ranges { #expect(try Data(contentsOf: destination) == content) }
    }
  }

  @Test func `a wrong sum is an error and nothing takes the file's name`() throws {
    try withServer { source, destination in
      let error = #expect(throws: FathomError.self) {
        try Download.fetch(source, to: destination, checksum: .md5("00000000000000000000000000000000"))
      }
      #expect(error?.description.contains("checksum") == true)
      #expect(!FileManager.default.fileExists(atPath: destination.path))
      try Download.fetch(source, to: destination)
      #expect(try Data(contentsOf: destination) == content)
    }
  }

  @Test func `the sum that the server names is checked`() throws {
    try withServer(sum: String(repeating: "a", count: 64)) { source, destination in
      #expect(throws: FathomError.self) { try Download.fetch(source, to: destination) }
    }
  }

  @Test func `a missing file and a silent network name the file to bring`() throws {
    try withServer { source, destination in
      let missing = #expect(throws: FathomError.self) {
        try Download.fetch(source.deletingLastPathComponent().appendingPathComponent("none"), to: destination)
      }
      #expect(
        missing?.description.contains("404") == true
          && missing?.description.contains(destination.path) == true)
    }
    try Fixtures.withFolder { folder in
      let error = #expect(throws: FathomError.self) {
        try Download.fetch(URL(string: "http://127.0.0.1:9/x")!, to: folder.appendingPathComponent("x"))
      }
      #expect(error?.description.contains("bring the file") == true)
    }
  }
}
