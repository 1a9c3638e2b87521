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

  /// Serves a file that breaks off at the first request and is another one from then on.
  /// - Parameters:
  ///   - names: the header that tells the versions apart, for the first and for the second.
  ///   - asks: whether the server knows If-Range.
  private func changing(_ names: [[String: String]], asks: Bool) -> (server: LocalServer, second: Data) {
    let (first, second) = (content, Data(content.reversed()) + content)
    let count = Counter()
    let server = LocalServer { request in
      let number = count.next()
      var answer = LocalServer.Answer(200, number == 0 ? first : second, names[min(number, 1)])
      if number == 0 {
        answer.cutAfter = 70_000
        return answer
      }
      let condition = request.headers["if-range"]
      let isSame = condition == nil || !asks || names[1].values.contains(condition!)
      guard let range = request.headers["range"], isSame,
        let start = Int(range.dropFirst("bytes=".count).dropLast())
      else { return answer }
      answer.status = 206
      answer.headers["Content-Range"] = "bytes \(start)-\(second.count - 1)/\(second.count)"
      answer.body = Data(second[start...])
      return answer
    }
    return (server, second)
  }

  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    func next() -> Int {
      lock.withLock {
        count += 1
        return count - 1
      }
    }
  }

  private static let versions: [[[String: String]]] = [
    [["ETag": "\"one\""], ["ETag": "\"two\""]],
    [
      ["ETag": "W/\"weak\"", "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"],
      ["ETag": "W/\"weak\"", "Last-Modified": "Tue, 03 Nov 2026 10:00:00 GMT"],
    ],
  ]

  @Test(arguments: versions)
  func `a file that changed after a broken download is fetched anew`(names: [[String: String]]) throws {
    try Fixtures.withFolder { folder in
      let (server, second) = changing(names, asks: true)
      let (source, file) = (URL(string: server.address + "/f")!, folder.appendingPathComponent("f"))
      #expect(throws: FathomError.self) { try Download.fetch(source, to: file) }
      try Download.fetch(source, to: file)
      #expect(try Data(contentsOf: file) == second)
      #expect(server.requests[1].headers["range"] == "bytes=70000-")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["f"])
    }
  }

  @Test func `a server that sends a part of another version unasked is found out`() throws {
    try Fixtures.withFolder { folder in
      let (server, second) = changing(DownloadTests.versions[0], asks: false)
      let (source, file) = (URL(string: server.address + "/f")!, folder.appendingPathComponent("f"))
      #expect(throws: FathomError.self) { try Download.fetch(source, to: file) }
      let error = #expect(throws: FathomError.self) { try Download.fetch(source, to: file) }
      #expect(error?.description.contains("the file has changed since") == true)
      try Download.fetch(source, to: file)
      #expect(try Data(contentsOf: file) == second)
    }
  }

  @Test func `the same version goes on where it broke off`() throws {
    try Fixtures.withFolder { folder in
      let content = content
      let server = LocalServer { request in
        var answer = LocalServer.Answer(200, content, ["ETag": "\"same\""])
        answer.cutAfter = 70_000
        guard request.headers["if-range"] == "\"same\"", request.headers["range"] == "bytes=70000-" else {
          return answer
        }
        answer.headers["Content-Range"] = "bytes 70000-\(content.count - 1)/\(content.count)"
        (answer.status, answer.body, answer.cutAfter) = (206, Data(content[70_000...]), nil)
        return answer
      }
      let (source, file) = (URL(string: server.address + "/f")!, folder.appendingPathComponent("f"))
      #expect(throws: FathomError.self) { try Download.fetch(source, to: file) }
      try Download.fetch(source, to: file)
      #expect(try Data(contentsOf: file) == content)
    }
  }
}
