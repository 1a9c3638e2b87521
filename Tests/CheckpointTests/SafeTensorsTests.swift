import Files
import Checkpoint
import Fixtures
import Foundation
import Testing
import Torch

@Suite struct SafeTensorsTests {
  private func file(_ header: String, _ body: [UInt8] = [], length: UInt64? = nil) -> Data {
    let header = Data(header.utf8)
    return withUnsafeBytes(of: (length ?? UInt64(header.count)).littleEndian) { Data($0) } + header + body
  }

  @Test func `what is written is read back in every type`() throws {
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("t.safetensors")
      let tensors: [(name: String, tensor: Tensor)] =
        DType.allCases.map { type in
          ("t.\(type)", Tensor([0, 1, 1, 0, 1, 0] as [Float], shape: [2, 3]).to(type))
        } + [("scalar", Tensor.full(7, [])), ("empty", Tensor.zeros([0, 4]))]
      try SafeTensors.write(tensors, to: url, metadata: ["a": "b"])
      let (stored, metadata) = try SafeTensors.read(url)
      #expect(metadata == ["a": "b"] && stored.count == tensors.count)
      for (name, tensor) in tensors {
        let found = try #require(stored.first { $0.name == name }).load()
        #expect(found.dtype == tensor.dtype && found.shape == tensor.shape)
        #expect(found.to(.float32).array(Float.self) == tensor.to(.float32).array(Float.self))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["t.safetensors"])
    }
  }

  @Test(arguments: [
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,800]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"F8_E5M2\",\"shape\":[8],\"data_offsets\":[0,8]}}", "{\"a\":{\"dtype\":\"F32\"}}",
    "{\"a\":7}", "[1]", "{",
    // A name twice, bytes of two tensors, of none, and after the last one; a number that is no whole one.
    #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"#
      + #""a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
      + #""b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"U8","shape":[8.0],"data_offsets":[0,8]}}"#,
    #"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"b":"# + String(repeating: "[", count: 100_000),
  ])
  func `a hostile header is refused with a sentence that names the file`(header: String) throws {
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("h.safetensors")
      try file(header, [UInt8](repeating: 0, count: 8)).write(to: url)
      let error = #expect(throws: FathomError.self) { try SafeTensors.read(url) }
      #expect(error?.description.contains("h.safetensors") == true)
    }
  }

  @Test func `a wrong header length or a truncated file is refused`() throws {
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("h.safetensors")
      for data in [
        Data(), Data([1, 2, 3]), file("{}", length: 1 << 62), file("{}", length: .max), file("{}", length: 3),
        file("", length: 0),
      ] {
        try data.write(to: url)
        #expect(throws: FathomError.self) { try SafeTensors.read(url) }
      }
    }
  }

  @Test func `bytes changed or cut anywhere never crash the reader`() throws {
    try Fixtures.withFolder { folder in
      let url = folder.appendingPathComponent("f.safetensors")
      try SafeTensors.write([("a", .zeros([3, 2])), ("b", .zeros([4], dtype: .int64))], to: url)
      let good = try Data(contentsOf: url)
      var generator = SystemSeed(5)
      for _ in 0..<500 {
        var data = good
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          data[Int.random(in: 0..<data.count, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
        if Bool.random(using: &generator) {
          data = data.prefix(Int.random(in: 1...data.count, using: &generator))
        }
        try data.write(to: url)
        for tensor in (try? SafeTensors.read(url).tensors) ?? [] { _ = tensor.load().count }
      }
    }
  }
}
