import Files
import Fixtures
import Foundation
import Testing

@testable import Hub

/// Which files of a data set's repository are fetched.
@Suite struct HubDataTests {
  private func repository(
    _ files: [String], card: [String: [[String: String]]] = [:]
  ) -> LocalHub.Repository {
    var repository = LocalHub.Repository(Dictionary(uniqueKeysWithValues: files.map { ($0, Data($0.utf8)) }))
    repository.card = card
    return repository
  }

  private func paths(_ name: String, _ split: String = "train", of repository: LocalHub.Repository) throws
    -> [String]
  {
    let card = repository.card.sorted { $0.key < $1.key }.map { name, files in
      ["config_name": name, "data_files": files] as [String: Any]
    }
    let answer = try JSONSerialization.data(withJSONObject: [
      "sha": repository.commit, "siblings": repository.files.keys.sorted().map { ["rfilename": $0] },
      "cardData": ["configs": card],
    ])
    return try DataFiles(#require(HubListing(answer: answer)), #require(HubDataName(name))).paths(
      split: split)
  }

  private func sentence(_ name: String, _ split: String = "train", of repository: LocalHub.Repository)
    -> String
  {
    let error = #expect(throws: FathomError.self) { try paths(name, split, of: repository) }
    return error?.description ?? ""
  }

  @Test func `splits and configurations are the card's`() throws {
    let two = repository(
      ["README.md", "a/train-1.csv", "a/train-2.csv", "a/test.csv", "b/all.jsonl", "b/deep/er/more.jsonl"],
      card: [
        "a": [["split": "train", "path": "a/train-*"], ["split": "test", "path": "a/test.csv"]],
        "b": [["split": "dev", "path": "b/**/*.jsonl"]],
      ])
    #expect(try paths("x:a", of: two) == ["a/train-1.csv", "a/train-2.csv"])
    #expect(try paths("x:a:test", of: two) == ["a/test.csv"])
    #expect(try paths("x:a", "test", of: two) == ["a/test.csv"])
    // What the data set calls otherwise
    #expect(try paths("x:b", "validation", of: two) == ["b/all.jsonl", "b/deep/er/more.jsonl"])
    #expect(sentence("x", of: two).contains("several configurations (a, b)"))
    #expect(sentence("x:c", of: two).contains("several configurations"))
    #expect(sentence("x:c:train", of: two).contains("no configuration 'c': it has a, b"))
    #expect(sentence("x:a", "validation", of: two).contains("no split 'validation': it has train, test"))
  }

  @Test func `a part alone is a configuration, or a split of the only one`() throws {
    let one = repository(
      ["data/train.parquet", "data/unsup.parquet"],
      card: [
        "plain": [["split": "train", "path": "data/train*"], ["split": "unsup", "path": "./data/unsup*"]]
      ])
    #expect(try paths("x", of: one) == ["data/train.parquet"])
    #expect(try paths("x:plain", of: one) == ["data/train.parquet"])
    #expect(try paths("x:unsup", of: one) == ["data/unsup.parquet"])
    #expect(try paths("x::unsup", of: one) == ["data/unsup.parquet"])
    #expect(
      sentence("x:none", of: one).contains("neither a configuration (plain) nor a split (train, unsup)"))
  }

  @Test func `without a card names of files and folders decide`() throws {
    let named = repository([
      ".gitattributes", "README.md", "dataset_infos.json", "data/train-00000-of-00002.csv",
      "data/train-00001-of-00002.csv", "data/my_test_file.csv.gz", "dev/part.jsonl", "data/contrained.csv",
    ])
    #expect(try paths("x", of: named).count == 2)
    #expect(try paths("x", "test", of: named) == ["data/my_test_file.csv.gz"])
    #expect(try paths("x", "validation", of: named) == ["dev/part.jsonl"])
    #expect(try paths("x", of: repository(["reviews.csv", "dataset_infos.json"])) == ["reviews.csv"])
    #expect(sentence("x", "test", of: repository(["reviews.csv"])).contains("its split 'test'"))
    #expect(try paths("x:en:train", of: repository(["en/train.csv", "de/train.csv"])) == ["en/train.csv"])
    let other = repository(["data/train.zip"], card: ["d": [["split": "train", "path": "data/*"]]])
    #expect(sentence("x", of: other).contains("in data/train.zip, which Fathom does not read"))
  }

  @Test func `patterns match as globs do, and hostile ones end`() {
    func matches(_ pattern: String, _ path: String) -> Bool { PathPattern(pattern).matches(path) }
    #expect(matches("a/*.csv", "a/b.csv") && !matches("a/*.csv", "a/b/c.csv") && !matches("*.csv", "a/b.csv"))
    #expect(matches("**/*.csv", "b.csv") && matches("**/*.csv", "a/b/c.csv") && matches("a/**", "a/b/c"))
    #expect(
      matches("t?st*", "test-1") && !matches("t?st", "toast") && matches("./a", "a") && !matches("", "a"))
    let long = String(repeating: "a", count: 1000)
    #expect(!matches(String(repeating: "*a", count: 400) + "b", long))
    #expect(!matches(String(repeating: "**/", count: 300) + "b", String(repeating: "a/", count: 300) + "a"))
  }

  @Test func `a split's files are fetched alone, kept, and used offline by the card's word`() throws {
    let data = repository(
      ["sentences.csv", "held.csv", "README.md"],
      card: [
        "default": [["split": "train", "path": "sentences.csv"], ["split": "test", "path": "held.csv"]]
      ])
    try withHub(["datasets/org/data": data]) { local, hub, folder, _ in
      let name = try #require(HubDataName("org/data"))
      let found = try hub.dataFiles(name, split: "train")
      let snapshot = folder.path + "/hub/datasets--org--data/snapshots/" + data.commit
      #expect(found.map(\.path) == [snapshot + "/sentences.csv"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: snapshot) == ["sentences.csv"])
      let offline = Hub(try HubSettings(environment: ["HF_HOME": folder.path, "HF_HUB_OFFLINE": "1"]))
      #expect(try offline.dataFiles(name, split: "train") == found)
      #expect(throws: FathomError.self) { try offline.dataFiles(name, split: "test") }
      #expect(try hub.dataFiles(name, split: "test").map(\.lastPathComponent) == ["held.csv"])
      let count = local.requests.count
      #expect(try hub.dataFiles(name, split: "test").count == 1 && local.requests.count == count)
    }
  }

  @Test func `names of data sets have a configuration and a split behind colons`() {
    #expect(HubDataName("org/data@v1:en:test")?.parts == ["en", "test"])
    #expect(HubDataName("imdb")?.name == "imdb" && HubDataName("org/data:en")?.name == "data:en")
    for bad in ["", ":a", "a:b:c:d", "../a", "a:b/c", "a b", "org/data:e\n"] {
      #expect(HubDataName(bad) == nil, "\(bad)")
    }
  }
}
