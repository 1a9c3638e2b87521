import Classification
import Files
import Fixtures
import Foundation
import Testing
import Training

@Suite struct RunSettingsTests {
  @Test func `what changed is said: settings, model or data`() throws {
    let one = try RunSettings.sample()
    var other = one
    other.threads = 7
    other.model.digest = "n"
    #expect(one.changes(to: other) == ["another model"])
    other.data.digest = "e"
    other.training.epochs += 1
    #expect(one.changes(to: other) == ["other settings", "another model", "other data"])
  }

  @Test func `names and threads are no part of the identity, everything else is`() throws {
    let settings = try RunSettings.sample()
    var same = settings
    same.model.name = "elsewhere"
    same.data.name = "other.csv"
    same.threads = 7
    #expect(same.identity == settings.identity)
    let changes: [(inout RunSettings) -> Void] = [
      { $0.model.digest = "other" }, { $0.data.digest = "other" }, { $0.data.fold = 1 },
      { $0.variant = .baselineBERT }, { $0.text.maximumLength = 17 }, { $0.text.truncation = .tail },
      { $0.text.cleaning = .none }, { $0.network.dropout = 0.3 }, { $0.network.bertDropout = 0 },
      { $0.network.pooler = .reinitialized }, { $0.training.seed = 2 }, { $0.training.beta2 = 0.98 },
      { $0.training.metric = .loss }, { $0.training.clipNorm = 1 }, { $0.training.precision = .bf16 },
    ]
    var seen: Set = [settings.identity]
    for change in changes {
      var other = settings
      change(&other)
      #expect(seen.insert(other.identity).inserted)
    }
  }

  @Test func `settings are read back as they were written`() throws {
    var settings = try RunSettings.sample("2LBD")
    settings.text.truncation = .headAndTail(headShare: 0.25)
    settings.training.patience = 2
    settings.training.seed = .max
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(RunSettings.self, from: data) == settings)
  }

  @Test func `another model in the same folder is another identity`() throws {
    try Fixtures.withFolder { folder in
      try writeTinyModel(to: folder)
      let before = try ModelIdentity.digest(of: folder)
      #expect(try ModelIdentity.digest(of: folder) == before)
      try Data("not what decides".utf8).write(to: folder.appendingPathComponent("notes.txt"))
      #expect(try ModelIdentity.digest(of: folder) == before)
      // Another program may fetch the same model's other forms into a folder of Hugging Face's cache.
      try Data("not read".utf8).write(to: folder.appendingPathComponent("pytorch_model.bin"))
      #expect(try ModelIdentity.digest(of: folder) == before)
      for name in ["model.safetensors", "vocab.txt", "config.json"] {
        let file = folder.appendingPathComponent(name)
        let content = try Data(contentsOf: file)
        try (content + Data(" ".utf8)).write(to: file)
        #expect(try ModelIdentity.digest(of: folder) != before, "\(name)")
        try content.write(to: file)
      }
    }
  }

  @Test func `the record of a run of Fathom 0.1 is read, its flat settings in their places`() throws {
    let old = """
      {"variant": "2VA", "seed": 3, "epochs": 1, "peak_epoch": 1, "parameters": 5, "size_bytes": 20,
       "inference_examples_per_second": 1, "fingerprint": "batch_size=32",
       "test": {"count": 2, "accuracy": 0.5, "macro_f1": 0.4, "loss": 0.7, "confusion": [[1, 0], [1, 0]]},
       "history": [{"epoch": 1, "train_loss": 0.7, "seconds": 1, "tokens": 9}],
       "settings": {"variant": "2VA", "epochs_planned": 4, "batch_size": 8, "bert_lr": 5e-4, "clip_norm": 0,
        "patience": 0, "select_on": "validation", "seed": 3, "max_length": 96, "truncation": "head+tail",
        "head_share": 0.25, "dropout": 0.2, "pooler": "pretrained", "model": "bert", "train_examples": 90,
        "validation_examples": 10, "test_examples": 2, "threads": 2, "device": "cpu", "precision": "fp32"}}
      """
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(old.utf8))
    #expect(record.identity == "batch_size=32" && record.test.confusion?.rows == [[1, 0], [1, 0]])
    #expect(record.settings.training.epochs == 4 && record.settings.training.batchSize == 8)
    #expect(record.settings.training.clipNorm == nil && record.settings.training.bertLearningRate == 5e-4)
    #expect(record.settings.text.truncation == .headAndTail(headShare: 0.25))
    #expect(record.settings.model.name == "bert" && record.settings.data.trainExamples == 90)
  }
}

@Suite struct ConfusionTests {
  @Test func `a confusion of many classes is as long as its examples and reads back`() throws {
    let targets = (0..<5000).map { $0 }
    let confusion = Confusion(
      targets: targets, predictions: targets.map { ($0 * 7) % 5000 }, classCount: 5000)
    let data = try JSONEncoder().encode(confusion)
    #expect(data.count < 100_000)
    #expect(try JSONDecoder().decode(Confusion.self, from: data) == confusion)
    #expect(confusion.worst(3).count == 3 && confusion.worst(3)[0].target == 1)
  }

  @Test(arguments: [
    "[[1], [2, 3]]", #"{"classes": 2, "cells": [[0, 2, 1]]}"#, #"{"classes": -1, "cells": []}"#,
  ])
  func `a confusion that contradicts itself is refused`(json: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(Confusion.self, from: Data(json.utf8)) }
  }
}
