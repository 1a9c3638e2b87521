import Files
import Checkpoint
import Corpus
import Encoder
import Foundation
import Study
import Tables
import Training
import WordPiece

/// A reader of files that others made, with sound files to damage.
public struct FuzzedReader: Sendable {
  public let name: String
  /// What the damaged file is called in its folder.
  public let fileName: String
  public let isJSON: Bool
  public let seeds: [[UInt8]]
  /// Sound files beside it.
  public let companions: [String: [UInt8]]
  /// Throws a sentence, or reads it: anything else is a fault.
  public let read: @Sendable (URL) throws -> Void

  /// - Parameter root: the project's, where the sample and the goldens are.
  public static func all(root: URL) throws -> [FuzzedReader] {
    func bytes(_ path: String, limit: Int = 1 << 20) throws -> [UInt8] {
      Array(try Data(contentsOf: root.appendingPathComponent(path)).prefix(limit))
    }
    let golden = "Tests/Goldens/bert/"
    let tokenize: @Sendable (URL) throws -> Void = { folder in
      let tokenizer = try Tokenizer(folder: folder)
      _ = tokenizer.encodeWithOffsets("The film [E1] wasn't bad, naïve 中文 e\u{301}!", maximumLength: 16)
      _ = tokenizer.encode("good film")
    }
    let vocabulary = Array(sampleVocabulary.utf8)
    let table = "text,label\n\"good, \"\"fine\"\" film\",pos\nbad film,neg\n\"two\nlines\",pos\n"
    let lines =
      "{\"text\": \"good \\u00e9 film\", \"label\": \"pos\"}\n{\"text\": \"bad\", \"label\": 1.50}\n"
    func columns(_ name: String) throws -> FuzzedReader {
      FuzzedReader(
        name: name, fileName: name, isJSON: false, seeds: [try bytes("Tests/Goldens/tables/" + name)],
        companions: [:]
      ) { folder in
        let file = try MappedFile(folder.appendingPathComponent(name))
        if let compressed = Compressed(startOf: file.bytes) { _ = try compressed.inflated(file) }
        guard let form = TableReader.Form(startOf: file.bytes) else { return }
        var reader = try TableReader(file, path: name, form: form)
        while try reader.advance() {
          for column in reader.columns.indices { _ = try? reader.cell(column) }
        }
      }
    }
    func corpus(_ name: String) -> @Sendable (URL) throws -> Void {
      { folder in _ = try CorpusReader().read(folder.appendingPathComponent(name), split: .train).all() }
    }
    let archive: @Sendable (URL) throws -> Void = { folder in
      for tensor in try TorchArchive.read(folder.appendingPathComponent("pytorch_model.bin")) {
        _ = tensor.load()
      }
    }
    let columnar =
      TableReader.isAvailable
      ? try ["kinds.parquet", "kinds.feather", "kinds.arrows", "news.parquet", "rows.csv.gz", "rows.csv.zst"]
        .map(columns) : []
    return columnar + [
      FuzzedReader(
        name: "safetensors", fileName: "model.safetensors", isJSON: false,
        seeds: [try bytes(golden + "model.safetensors")], companions: [:]
      ) { folder in
        for tensor in try SafeTensors.read(folder.appendingPathComponent("model.safetensors")).tensors {
          _ = tensor.load()
        }
      },
      FuzzedReader(
        name: "torch-zip", fileName: "pytorch_model.bin", isJSON: false,
        seeds: [try bytes(golden + "zip.bin")],
        companions: [:], read: archive),
      FuzzedReader(
        name: "torch-legacy", fileName: "pytorch_model.bin", isJSON: false,
        seeds: [try bytes(golden + "legacy.bin")], companions: [:], read: archive),
      FuzzedReader(
        name: "config", fileName: "config.json", isJSON: true,
        seeds: [try bytes(golden + "config.json"), try bytes("Sample/model/config.json")], companions: [:]
      ) { folder in _ = try BERTConfig(ConfigFile(folder: folder)) },
      FuzzedReader(
        name: "tokenizer", fileName: "tokenizer.json", isJSON: true, seeds: [Array(sampleTokenizer.utf8)],
        companions: [:], read: tokenize),
      FuzzedReader(
        name: "tokenizer-config", fileName: "tokenizer_config.json", isJSON: true,
        seeds: [Array(sampleTokenizerConfig.utf8)], companions: ["vocab.txt": vocabulary], read: tokenize),
      FuzzedReader(
        name: "added-tokens", fileName: "added_tokens.json", isJSON: true,
        seeds: [Array("{\"[E1]\": 11, \"new york\": 12, \"film\": 3}".utf8)],
        companions: ["vocab.txt": vocabulary], read: tokenize),
      FuzzedReader(
        name: "vocabulary", fileName: "vocab.txt", isJSON: false, seeds: [vocabulary], companions: [:],
        read: tokenize),
      FuzzedReader(
        name: "csv", fileName: "rows.csv", isJSON: false, seeds: [Array(table.utf8)], companions: [:],
        read: corpus("rows.csv")),
      FuzzedReader(
        name: "tsv", fileName: "rows.tsv", isJSON: false,
        seeds: [Array("text\tlabel\ngood \"film\tpos\nbad\tneg\n".utf8)], companions: [:],
        read: corpus("rows.tsv")),
      FuzzedReader(
        name: "json-lines", fileName: "rows.jsonl", isJSON: true, seeds: [Array(lines.utf8)], companions: [:],
        read: corpus("rows.jsonl")),
      FuzzedReader(
        name: "json-array", fileName: "rows.json", isJSON: true,
        seeds: [Array("[\(lines.split(separator: "\n").joined(separator: ",\n"))]\n".utf8)], companions: [:],
        read: corpus("rows.json")),
      FuzzedReader(
        name: "run", fileName: "run.json", isJSON: true, seeds: [Array(sampleRun.utf8)], companions: [:]
      ) { folder in
        _ = try BoundedJSON.decode(
          RunRecord.self, from: Data(contentsOf: folder.appendingPathComponent("run.json")))
      },
      try cache(root),
      try store(),
    ]
  }

  /// The data cache: a damaged entry is thrown away and the source is read again.
  private static func cache(_ root: URL) throws -> FuzzedReader {
    let source = Array("text,label\ngood film,pos\nbad film,neg\nfine,pos\n".utf8)
    let entry: [UInt8] = try withFolder { folder in
      try Data(source).write(to: folder.appendingPathComponent("rows.csv"))
      let cache = DataCache(folder: folder.appendingPathComponent("cache"), smallest: 0)
      _ = try CorpusReader().dataSet(folder.appendingPathComponent("rows.csv"), split: .train, cache: cache)
      let files = try FileManager.default.contentsOfDirectory(
        at: folder.appendingPathComponent("cache"), includingPropertiesForKeys: nil)
      return try files.first { $0.pathExtension == "data" }.map { Array(try Data(contentsOf: $0)) } ?? [0]
    }
    return FuzzedReader(
      name: "cache", fileName: "entry.data", isJSON: false, seeds: [entry], companions: ["rows.csv": source]
    ) { folder in
      let files = FileManager.default
      let rows = folder.appendingPathComponent("rows.csv")
      let cache = folder.appendingPathComponent("cache")
      // The entry of a source is found by the source's own path, so it is made once and then replaced.
      if !files.fileExists(atPath: cache.path) {
        _ = try CorpusReader().dataSet(rows, split: .train, cache: DataCache(folder: cache, smallest: 0))
      }
      for url in try files.contentsOfDirectory(at: cache, includingPropertiesForKeys: nil)
      where url.pathExtension == "data" {
        try Data(contentsOf: folder.appendingPathComponent("entry.data")).write(to: url)
      }
      let set = try CorpusReader().dataSet(rows, split: .train, cache: DataCache(folder: cache, smallest: 0))
      for index in 0..<set.count { _ = set.texts[index] }
    }
  }

  private static func store() throws -> FuzzedReader {
    let file: [UInt8] = try withFolder { folder in
      _ = try RunStore(folder)
      return Array(try Data(contentsOf: RunStore.file(folder)))
    }
    return FuzzedReader(
      name: "store", fileName: "study.sqlite", isJSON: false, seeds: [file], companions: [:]
    ) { folder in _ = try RunStore(reading: folder) }
  }

  private static func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }
}
