import Files
import Fixtures
import Foundation
import Testing

@testable import Corpus

@Suite struct DataCacheTests {
  private func rows(_ count: Int, labels: [String] = ["good", "bad"]) -> String {
    "text,label\n"
      + (0..<count).map { "text \($0 * 7919 % count) of \(count) é,\(labels[$0 % 5 % labels.count])\n" }
      .joined()
  }

  /// A folder with `d.csv` and the cache of every file in it.
  private func withFile(_ text: String, _ body: (_ file: URL, _ cache: DataCache) throws -> Void) throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("d.csv")
      try Data(text.utf8).write(to: file)
      try body(file, DataCache(folder: folder.appendingPathComponent("cache"), smallest: 0))
    }
  }

  private func load(_ file: URL, _ cache: DataCache?, classes: [String]? = nil) throws -> DataSet {
    try CorpusReader().dataSet(file, split: .train, classes: classes, cache: cache)
  }

  private func entries(_ cache: DataCache) -> [URL] {
    ((try? FileManager.default.contentsOfDirectory(at: cache.folder, includingPropertiesForKeys: nil)) ?? [])
      .sorted { $0.path < $1.path }
  }

  /// Writes an entry anew, whole and with valid checksums, from changed sections.
  private func rewrite(_ entry: URL, _ change: (inout [[UInt8]]) -> Void) throws {
    let old = try #require(SectionFile(descriptor: open(entry.path, O_RDONLY)))
    var sections = (0..<old.sectionCount).map { Array(old.section($0)) }
    change(&sections)
    let descriptor = open(entry.path + ".new", O_RDWR | O_CREAT | O_TRUNC, 0o600)
    _ = try SectionFile.write(to: descriptor) { writer in
      for section in sections { try writer.appendSection(section) }
    }
    rename(entry.path + ".new", entry.path)
  }

  private func expectEqual(_ a: DataSet, _ b: DataSet, _ comment: Comment? = nil) {
    #expect(Array(a.texts) == Array(b.texts) && a.targets == b.targets && a.classes == b.classes, comment)
  }

  @Test func `sets from the cache, and what is drawn from them, equal those that were read`() throws {
    try withFile(rows(500)) { file, cache in
      let plain = try load(file, nil)
      for time in ["made", "found"] {
        let cached = try load(file, cache)
        expectEqual(cached, plain, "\(time)")
        let (a, b) = (cached.limited(to: 200, seed: 3), plain.limited(to: 200, seed: 3))
        expectEqual(a, b, "\(time), limited")
        let (c, d) = (a.split(validationShare: 0.1, seed: 4), b.split(validationShare: 0.1, seed: 4))
        expectEqual(c.train, d.train, "\(time), split")
        expectEqual(c.validation, d.validation, "\(time), split")
        #expect(
          DataSet.fingerprint([c.train, c.validation, a]) == DataSet.fingerprint([d.train, d.validation, b]))
        #expect(
          DataSet.fingerprint([c.train, c.validation]) != DataSet.fingerprint([c.validation, c.train]))
        expectEqual(
          cached.split(validationShare: 0.1, seed: 5).train, plain.split(validationShare: 0.1, seed: 5).train)
      }
    }
  }

  @Test func `a file that was read before is not read again until it changes`() throws {
    try withFile(rows(50)) { file, cache in
      _ = try load(file, cache)
      let entry = try #require(entries(cache).first)
      // Another name of a class in the entry shows whether it is what comes back.
      try rewrite(entry) { sections in
        let labels = String(decoding: sections[3], as: UTF8.self)
        sections[3] = Array(labels.replacingOccurrences(of: "\"good\"", with: "\"GOOD\"").utf8)
      }
      #expect(try load(file, cache).classes == ["bad", "GOOD"])

      try Data(rows(50).uppercased().replacingOccurrences(of: "TEXT,LABEL", with: "text,label").utf8).write(
        to: file)
      #expect(try load(file, cache).texts[0] == "TEXT 0 OF 50 É")
      #expect(entries(cache) == [entry], "the new entry takes the old one's place")
      #expect(
        try CorpusReader(textColumn: "label", labelColumn: "text").dataSet(file, split: .train, cache: cache)
          .texts[0] == "GOOD")
    }
  }

  @Test func `what is drawn from a set is drawn once`() throws {
    try withFile(rows(60)) { file, cache in
      func start() throws -> (DataSet, String) {
        let parts = try load(file, cache).limited(to: 50, seed: 1).split(validationShare: 0.2, seed: 1)
        return (parts.train, DataSet.fingerprint([parts.train, parts.validation]))
      }
      let (set, mark) = try start()
      #expect(entries(cache).count == 4, "the texts, the sample, its split, the fingerprint")
      // Rows in the wrong order show that the kept sample is what the second start takes.
      for entry in entries(cache) {
        try rewrite(entry) { sections in
          if sections.count == 5, sections[1].count == 40 {
            sections[3].replaceSubrange(4..<8, with: sections[3][0..<4])
          }
        }
      }
      let (again, sameMark) = try start()
      #expect(again.texts[1] == again.texts[0] && again.texts[0] == set.texts[0] && sameMark == mark)
    }
  }

  @Test func `one entry serves as training data and as test data of other classes`() throws {
    try withFile(rows(40, labels: ["b", "a"])) { file, cache in
      #expect(try load(file, cache).classes == ["a", "b"])
      for classes in [["b", "a"], ["x", "b", "a"], ["a", "b"]] {
        let (cached, plain) = (try load(file, cache, classes: classes), try load(file, nil, classes: classes))
        expectEqual(cached, plain)
        #expect(cached.classes == classes && cached.targets[0] == classes.firstIndex(of: "b"))
        expectEqual(cached.limited(to: 9, seed: 1), plain.limited(to: 9, seed: 1))
      }
      for cache in [nil, cache] {
        let error = #expect(throws: FathomError.self) { try load(file, cache, classes: ["b", "c"]) }
        #expect(
          error!.description.hasSuffix("d.csv, line 3: label 'a' does not occur in the training data (b, c)"))
      }
      try Data(rows(40, labels: ["b"]).utf8).write(to: file)
      for _ in 0..<2 { #expect(throws: FathomError.self) { try load(file, cache) } }
    }
  }

  @Test func `an entry that is cut, changed or somebody else's is made again, or refused in a sentence`()
    throws
  {
    try withFile(rows(50)) { file, cache in
      let plain = try load(file, nil)
      _ = try load(file, cache)
      let entry = try #require(entries(cache).first)
      let whole = try Data(contentsOf: entry)
      for size in [0, 7, 16, whole.count / 2, whole.count - 1] {
        try whole.prefix(size).write(to: entry)
        expectEqual(try load(file, cache), plain, "cut to \(size) bytes")
      }
      // Any byte of the table of sections, and one in five of the rest.
      for place in whole.indices where place % 5 == 0 || place > whole.count - 130 {
        var bytes = whole
        bytes[place] ^= 0xFF
        try bytes.write(to: entry)
        expectEqual(try load(file, cache), plain, "byte \(place)")
      }
    }
  }

  @Test func `a text that is damaged while it is in use is refused in a sentence`() throws {
    try withFile(rows(50)) { file, cache in
      let set = try load(file, cache)
      let entry = try #require(entries(cache).first)
      let place = try #require(try Data(contentsOf: entry).range(of: Data("text 0 of 50".utf8))).lowerBound
      let handle = try FileHandle(forUpdating: entry)
      try handle.seek(toOffset: UInt64(place))
      try handle.write(contentsOf: Data("T".utf8))
      try handle.close()
      let error = #expect(throws: FathomError.self) { try set.texts.text(0) }
      #expect(error?.code == .damaged)
    }
  }

  @Test func `the digest tells sets apart that differ in a text, a border, an order or a name`() throws {
    func digest(_ texts: [String], _ targets: [Int] = [0, 1], _ classes: [String] = ["a", "b"]) -> String {
      DataSet.fingerprint([DataSet(texts: texts, targets: targets, classes: classes)])
    }
    let digests = [
      digest(["ab", "c"]), digest(["a", "bc"]), digest(["c", "ab"]), digest(["ab", "d"]),
      digest(["ab", "c"], [1, 0]), digest(["ab", "c"], [0, 1], ["a", "c"]), digest(["e\u{301}", "c"]),
      digest(["\u{E9}", "c"]),
    ]
    #expect(Set(digests).count == digests.count && digests.allSatisfy { $0.count == 64 })
    #expect(digest(["ab", "c"]) == digests[0])
  }

  @Test func `without a folder to write to, data are read all the same`() throws {
    try withFile(rows(20)) { file, _ in
      let nowhere = DataCache(folder: file.appendingPathComponent("cache"), smallest: 0)
      expectEqual(
        try load(file, nowhere).limited(to: 5, seed: 1), try load(file, nil).limited(to: 5, seed: 1))
    }
  }

  @Test func `small files and folders leave nothing behind, nor does a file that is refused`() throws {
    try withFile(rows(20)) { file, cache in
      _ = try load(file, DataCache(folder: cache.folder)).limited(to: 5, seed: 1)
      try Data((rows(20) + "one field\n").utf8).write(to: file)
      #expect(throws: FathomError.self) { try load(file, cache) }
      #expect(entries(cache) == [])
    }
  }

  @Test func `what a killed process left and what nobody uses goes when an entry is made`() throws {
    try withFile(rows(20)) { file, cache in
      try FileManager.default.createDirectory(at: cache.folder, withIntermediateDirectories: true)
      let names = ["dead.partial", "busy.partial", "old.data", "new.data", "other.txt"]
      for name in names { try Data("x".utf8).write(to: cache.folder.appendingPathComponent(name)) }
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -61 * 24 * 3600)],
        ofItemAtPath: cache.folder.appendingPathComponent("old.data").path
      )
      let busy = open(cache.folder.appendingPathComponent("busy.partial").path, O_RDWR)
      flock(busy, LOCK_EX)
      defer { close(busy) }
      _ = try load(file, cache)
      let left = Set(entries(cache).map(\.lastPathComponent))
      #expect(left.isSuperset(of: ["busy.partial", "new.data", "other.txt"]) && left.count == 4)
    }
  }
}
