import Files
import Checkpoint
import Fixtures
import Foundation
import Testing
import Torch

@Suite struct TorchArchiveTests {
  private let folder = Fixtures.goldens.appendingPathComponent("bert")

  @Test(arguments: ["zip.bin", "legacy.bin"])
  func `both archive formats hold what safetensors holds`(name: String) throws {
    let tensors = Dictionary(
      uniqueKeysWithValues: try TorchArchive.read(folder.appendingPathComponent(name)).map { ($0.name, $0) })
    let model = try Checkpoint(folder: folder)
    for (name, tensor) in tensors where name.hasPrefix("bert.") {
      let expected = try #require(model[name]).load()
      let found = tensor.load()
      #expect(found.dtype == .float16 && found.shape == expected.shape)
      #expect((found.to(.float32) - expected).abs().max().item < 1e-3, "\(name)")
    }
    #expect(tensors.keys.contains("bert.embeddings.LayerNorm.gamma"))
    #expect(
      try #require(tensors["transposed"]).load().array(Float.self) == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(try #require(tensors["sliced"]).load().array(Int64.self) == [3, 4, 5, 6])
  }

  @Test(arguments: ["zip.bin", "legacy.bin"])
  func `bytes changed or cut anywhere never crash the reader`(name: String) throws {
    let good = try Data(contentsOf: folder.appendingPathComponent(name))
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("f.bin")
      var generator = SystemSeed(9)
      for round in 0..<600 {
        var data = good
        // The pickle and the directory are where a change can mislead.
        let zone = name == "zip.bin" ? (round % 2 == 0 ? 0..<1800 : data.count - 1500..<data.count) : 0..<1600
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
          data[Int.random(in: zone, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        if round % 5 == 0 { data = data.prefix(Int.random(in: 1...data.count, using: &generator)) }
        try data.write(to: url)
        for tensor in (try? TorchArchive.read(url)) ?? [] { _ = tensor.load().count }
      }
    }
  }

  @Test func `a call in a pickle is never carried out, and files of other kinds are refused`() throws {
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("pytorch_model.bin")
      let marker = folder.appendingPathComponent("was-run")
      let call = "cos\nsystem\n(S'touch \(marker.path)'\ntR."
      let magic: [UInt8] = [
        0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
      ]
      for data in [
        Data(call.utf8), Data(magic) + Data(call.utf8), Data("PK\u{3}\u{4}".utf8), Data("{}".utf8),
        Data(magic),
      ] {
        try data.write(to: url)
        let error = #expect(throws: FathomError.self) { try TorchArchive.read(url) }
        #expect(error?.description.contains(url.path) == true)
      }
      #expect(!FileManager.default.fileExists(atPath: marker.path))
    }
  }

  @Test func `a changed byte among the weights of a zip archive is refused`() throws {
    var data = try Data(contentsOf: folder.appendingPathComponent("zip.bin"))
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("pytorch_model.bin")
      data[data.count / 2] ^= 1
      try data.write(to: url)
      let error = #expect(throws: FathomError.self) { try TorchArchive.read(url) }
      #expect(error?.code == .damaged)
    }
  }

  @Test func `two archives in one file are refused`() throws {
    let data = try Data(contentsOf: folder.appendingPathComponent("zip.bin"))
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("pytorch_model.bin")
      try (data + data).write(to: url)
      #expect(throws: FathomError.self) { try TorchArchive.read(url) }
    }
  }

  @Test(arguments: [UInt8(ascii: "]"), UInt8(ascii: "N"), UInt8(ascii: "2"), 0x94])
  func `a pickle of more values than a checkpoint has is refused early`(opcode: UInt8) throws {
    let magic: [UInt8] = [
      0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
    ]
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("pytorch_model.bin")
      let values = [UInt8(ascii: "N")] + [UInt8](repeating: opcode, count: 1_000_000)
      try Data(magic + values + [UInt8(ascii: ".")]).write(to: url)
      let error = #expect(throws: FathomError.self) { try TorchArchive.read(url) }
      #expect(error?.description.contains("more values than") == true)
    }
  }
}
