import Files
import Fixtures
import Foundation
import Testing

@Suite struct RunFolderTests {
  private func put(_ names: [String], in folder: URL) throws {
    for name in names { try Data("x".utf8).write(to: folder.appendingPathComponent(name)) }
  }

  private func names(_ folder: URL) -> Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
  }

  @Test func `a second process is refused until the first lets go`() throws {
    try Fixtures.withFolder { folder in
      var first: RunFolder? = try RunFolder(folder)
      #expect(first != nil)
      let error = #expect(throws: FathomError.self) { try RunFolder(folder) }
      #expect(error?.code == .inUse)
      first = nil
      _ = try RunFolder(folder)
    }
  }

  @Test func `what may be claimed depends on what is there`() throws {
    let cases: [(files: [String], resume: Bool, overwrite: Bool, isAllowed: Bool)] = [
      ([], false, false, true), ([], true, false, true), (["run.json"], false, false, false),
      (["run.json"], true, false, false), (["run.json"], false, true, true),
      (["training-state.safetensors"], false, false, false),
      (["training-state.safetensors", "config.json"], true, false, true),
      (["config.json"], true, false, false), (["config.json"], false, true, true),
    ]
    for (files, resume, overwrite, isAllowed) in cases {
      try Fixtures.withFolder { folder in
        try put(files, in: folder)
        if isAllowed {
          _ = try RunFolder(folder, resume: resume, overwrite: overwrite)
        } else {
          let error = #expect(throws: FathomError.self, "\(files)") {
            try RunFolder(folder, resume: resume, overwrite: overwrite)
          }
          #expect(error?.code == .exists)
        }
      }
    }
  }

  @Test func `claiming removes nothing, clearing removes the run and keeps the model`() throws {
    try Fixtures.withFolder { folder in
      let files = ["run.json", "predictions.json", "training-state.safetensors", "model.safetensors"]
      try put(files, in: folder)
      let run = try RunFolder(folder, resume: false, overwrite: true)
      #expect(names(folder).isSuperset(of: files))
      run.clear()
      #expect(names(folder) == [".lock", "model.safetensors"])
    }
  }
}
