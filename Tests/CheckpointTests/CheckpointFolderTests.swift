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
        #expect(throws: CheckpointError.self) { try Checkpoint(folder: folder) }
      }
    }
  }

  @Test func `two tensors of one name, a missing one and another shape are named`() throws {
    try Fixtures.withFolder { folder in
      let file = folder.appendingPathComponent("model.safetensors")
      try SafeTensors.write([("bert.a", .zeros([1])), ("a", .zeros([1]))], to: file)
      #expect(throws: CheckpointError.self) { try Checkpoint(folder: folder) }
      try SafeTensors.write([("weight", .zeros([3, 2]))], to: file)
      let missing = #expect(throws: CheckpointError.self) {
        try Checkpoint(folder: folder).load(into: Linear(2, 3))
      }
      #expect(missing?.description.contains("'bias' is missing") == true)
      let shape = #expect(throws: CheckpointError.self) {
        try Checkpoint(folder: folder).load(into: Linear(5, 3))
      }
      #expect(shape?.description.contains("[3, 2]") == true)
    }
  }

  @Test func `a folder without weights says what to bring`() throws {
    try Fixtures.withFolder { folder in
      let error = #expect(throws: CheckpointError.self) { try Checkpoint(folder: folder) }
      #expect(error?.description.contains("model.safetensors") == true)
    }
  }
}
