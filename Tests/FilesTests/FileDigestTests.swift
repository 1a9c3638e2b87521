import Files
import Fixtures
import Foundation
import Testing

@Suite struct FileDigestTests {
  @Test func `a digest is that of the content, and is made again when the file changed`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("weights")
      for content in ["one", "two", "three and more"].map({ Data($0.utf8) }) {
        try AtomicFile.write(content, to: file)
        #expect(try FileDigest.sha256(of: file) == content.sha256)
      }
    }
  }
}
