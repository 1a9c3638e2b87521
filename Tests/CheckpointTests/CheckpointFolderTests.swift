import Files
import Checkpoint
import Fixtures
import Foundation
import Testing
import Torch

@Suite struct CheckpointFolderTests {
  @Test func `prefixes and old names read the same`() throws {
    try Fixtures.withFolder { folder in
      try SafeTensors.write(
        [
          ("module.bert.embeddings.LayerNorm.gamma", .full(1, [2])),
          ("bert.embeddings.LayerNorm.beta", .full(2, [2])),
          ("pooler.dense.weight", .full(3, [2, 2])),
        ], to: folder.appendingPathComponent("model.safetensors"))
      let checkpoint = try Checkpoint(folder: folder)
      #expect(
        checkpoint.names == [
          "embeddings.LayerNorm.bias", "embeddings.LayerNorm.weight", "pooler.dense.weight",
        ])
      #expect(checkpoint["bert.embeddings.LayerNorm.weight"]?.load().array(Float.self) == [1, 1])
      #expect(checkpoint["bert.pooler.dense.weight"] != nil)
    }
  }

  @Test func `shards are joined, and an index that leaves its folder is refused`() throws {
    try Fixtures.withFolder { folder in
      try SafeTensors.write([("a", .zeros([1]))], to: folder.appendingPathComponent("one.safetensors"))
      try SafeTensors.write([("b", .zeros([1]))], to: folder.appendingPathComponent("two.safetensors"))
      let index = folder.appendingPathComponent("model.safetensors.index.json")
      try Data(#"{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}"#.utf8).write(to: index)
      #expect(try Checkpoint(folder: folder).names == ["a", "b"])
      for map in [#"{"a": "../one.safetensors"}"#, #"{"a": "missing.safetensors"}"#, "7"] {
        try Data("{\"weight_map\": \(map)}".utf8).write(to: index)
        #expect(throws: FathomError.self) { try Checkpoint(folder: folder) }
      }
    }
  }

  @Test func `two tensors of one name, a missing one and another shape are named`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("model.safetensors")
      try SafeTensors.write([("bert.a", .zeros([1])), ("a", .zeros([1]))], to: file)
      #expect(throws: FathomError.self) { try Checkpoint(folder: folder) }
      try SafeTensors.write([("weight", .zeros([3, 2]))], to: file)
      let missing = #expect(throws: FathomError.self) {
        try Checkpoint(folder: folder).load(into: Linear(2, 3))
      }
      #expect(missing?.description.contains("'bias' is missing") == true)
      let shape = #expect(throws: FathomError.self) {
        try Checkpoint(folder: folder).load(into: Linear(5, 3))
      }
      #expect(shape?.description.contains("[3, 2]") == true)
    }
  }

  @Test func `a folder without weights says what to bring`() throws {
    try Fixtures.withFolder { folder in
      let error = #expect(throws: FathomError.self) { try Checkpoint(folder: folder) }
      #expect(error?.description.contains("model.safetensors") == true)
    }
  }

  @Test func `integers are no weights, and buffers of integers stay readable`() throws {
    try Fixtures.withFolder { folder in
      try SafeTensors.write(
        [
          ("weight", .zeros([3, 2], dtype: .int8)), ("bias", .zeros([3])),
          ("position_ids", .zeros([4], dtype: .int64)),
        ],
        to: folder.appendingPathComponent("model.safetensors"))
      let checkpoint = try Checkpoint(folder: folder)
      #expect(checkpoint["position_ids"]?.load().dtype == .int64)
      let error = #expect(throws: FathomError.self) { try checkpoint.load(into: Linear(2, 3)) }
      #expect(error?.code == .unsupported)
    }
  }

  @Test func `one archive is a checkpoint, by its path or as the only one of a folder`() throws {
    let archive = Fixtures.goldens.appendingPathComponent("bert/legacy.bin")
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("2LV.pt")
      try FileManager.default.copyItem(at: archive, to: file)
      #expect(try Checkpoint(file: file).contains("bert.embeddings.LayerNorm.weight"))
      #expect(try Checkpoint(folder: folder).names == Checkpoint(file: file).names)
      try FileManager.default.copyItem(at: archive, to: folder.appendingPathComponent("3LV.pt"))
      let error = #expect(throws: FathomError.self) { try Checkpoint(folder: folder) }
      #expect(error?.description.contains("2LV.pt, 3LV.pt") == true)
    }
  }

  @Test func `a family's names map to ours and back`() {
    let keys = KeyMap([
      ("encoder.layer.", "transformer.layer."), (".attention.self.query.", ".attention.q_lin."),
    ])
    let ours = "encoder.layer.3.attention.self.query.weight"
    #expect(keys.stored(ours) == "transformer.layer.3.attention.q_lin.weight")
    #expect(keys.ours(keys.stored(ours)) == ours)
    #expect(KeyMap.identity.stored(ours) == ours)
  }
}
