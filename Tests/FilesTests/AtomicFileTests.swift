import Files
import Fixtures
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func `a file that fails half-way leaves the old one and nothing else`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("config.json")
      try AtomicFile.write(Data("old".utf8), to: file)
      let error = #expect(throws: FathomError.self) {
        try AtomicFile.write(file) { handle in
          try handle.write(contentsOf: Data("half".utf8))
          throw NSError(domain: NSPOSIXErrorDomain, code: Int(ENOSPC))
        }
      }
      #expect(error?.code == .diskFull && error?.description.contains(file.path) == true)
      #expect(try String(contentsOf: file, encoding: .utf8) == "old")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["config.json"])
    }
  }

  @Test func `a folder that is missing or is a file is named in a sentence`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("file")
      try AtomicFile.write(Data(), to: file)
      for inner in [folder.appendingPathComponent("none/x"), file.appendingPathComponent("x")] {
        let error = #expect(throws: FathomError.self) { try AtomicFile.write(Data(), to: inner) }
        #expect(error?.code == .unwritable && error?.description.contains(inner.path) == true)
      }
    }
  }

  @Test func `a full disk met by the system's own call is told from a missing permission`() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let error = #expect(throws: (any Error).self) { try full.write(contentsOf: Data("x".utf8)) }
    let fault = AtomicFile.fault(URL(fileURLWithPath: "/x/run.json"), try #require(error))
    #expect(fault.code == .diskFull)
  }
}
