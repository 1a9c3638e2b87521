import Fixtures
import Foundation
import Mutation
import Testing

@Suite struct MutationTests {
  @Test func `an input is the same each time, and the first is sound`() throws {
    let seeds = [Array("{\"a\": 1, \"b\": [2, 3]}".utf8)]
    let first = Mutator(seeds: seeds, isJSON: true, seed: 7),
      second = Mutator(seeds: seeds, isJSON: true, seed: 7)
    #expect(first.input(0) == seeds[0])
    let inputs = (0..<200).map(first.input)
    #expect(inputs == (0..<200).map(second.input))
    #expect(Set(inputs).count > 100)
  }

  @Test func `readers take or refuse a few hundred damaged files`() throws {
    for reader in try FuzzedReader.all(root: Fixtures.root) {
      try Fixtures.withFolder { folder in
        for (name, bytes) in reader.companions {
          try Data(bytes).write(to: folder.appendingPathComponent(name))
        }
        let mutator = Mutator(seeds: reader.seeds, isJSON: reader.isJSON, seed: 14)
        for index in 0..<100 {
          try Data(mutator.input(index)).write(to: folder.appendingPathComponent(reader.fileName))
          if index == 0 { try reader.read(folder) } else { try? reader.read(folder) }
        }
      }
    }
  }
}
