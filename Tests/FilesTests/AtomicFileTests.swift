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

  @Test func `of a link the target is written and the link stays, also where there is no target yet`() throws
  {
    try Fixtures.withFolder { folder in
      let (link, far) = (folder.appendingPathComponent("link"), folder.appendingPathComponent("far"))
      try FileManager.default.createDirectory(at: far, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: link.path, withDestinationPath: "middle")
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent("middle").path, withDestinationPath: "far/file")
      for text in ["first", "second"] {
        try AtomicFile.write(Data(text.utf8), to: link)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "middle")
        #expect(try String(contentsOf: far.appendingPathComponent("file"), encoding: .utf8) == text)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: far.path) == ["file"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
    }
  }

  @Test func `links in a circle and folders are refused in a sentence`() throws {
    try Fixtures.withFolder { folder in
      let circle = folder.appendingPathComponent("circle")
      try FileManager.default.createSymbolicLink(atPath: circle.path, withDestinationPath: "circle")
      let error = #expect(throws: FathomError.self) { try AtomicFile.write(Data(), to: circle) }
      #expect(error?.code == .unwritable && error?.description.contains(circle.path) == true)
      let refusal = #expect(throws: FathomError.self) { try AtomicFile.write(Data(), to: folder) }
      #expect(refusal?.description.hasSuffix(": is a folder: name a file") == true)
    }
  }

  @Test func `permissions of a file that is replaced are kept`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("page.html")
      for mode in [0o600, 0o664, 0o755] {
        try AtomicFile.write(Data("old".utf8), to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        try AtomicFile.write(Data("new".utf8), to: file)
        let kept = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        #expect((kept as? NSNumber)?.intValue == mode)
      }
    }
  }

  @Test func `a pipe is written to and stays one`() throws {
    try Fixtures.withFolder { folder in
      let pipe = folder.appendingPathComponent("pipe")
      #expect(mkfifo(pipe.path, 0o600) == 0)
      let reader = open(pipe.path, O_RDWR)
      defer { close(reader) }
      try AtomicFile.write(Data("page".utf8), to: pipe)
      var bytes = [UInt8](repeating: 0, count: 10)
      #expect(read(reader, &bytes, 10) == 4 && bytes.prefix(4).elementsEqual("page".utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["pipe"])
      var found = stat()
      #expect(lstat(pipe.path, &found) == 0 && found.st_mode & S_IFMT == S_IFIFO)
    }
  }

  @Test func `a stream of the process is written to where it stands`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("printed")
      let descriptor = open(file.path, O_RDWR | O_CREAT, 0o600)
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try handle.write(contentsOf: Data("before ".utf8))
      try AtomicFile.write(Data("page".utf8), to: URL(fileURLWithPath: "/dev/fd/\(descriptor)"))
      try handle.write(contentsOf: Data(" after".utf8))
      #expect(try String(contentsOf: file, encoding: .utf8) == "before page after")
    }
  }

  @Test func `a full disk met by the system's own call is told from a missing permission`() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let error = #expect(throws: (any Error).self) { try full.write(contentsOf: Data("x".utf8)) }
    let fault = AtomicFile.fault(URL(fileURLWithPath: "/x/run.json"), try #require(error))
    #expect(fault.code == .diskFull)
  }
}
