import ArgumentParser
import Encoder
import Files
import Foundation
import Hub

struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Download a data set or a pretrained BERT from its public home.",
    discussion: """
        imdb             the Large Movie Review Dataset (84 MB), unpacked here
        NAME, USER/NAME  a BERT of huggingface.co, with @REVISION if you like,
                         into the folder that Hugging Face's libraries use too

      --model NAME fetches what is missing by itself; this asks the server anew. A download that was stopped goes on; \
      sums are checked. HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE mean what they mean there.

      EXAMPLES
        fathom fetch imdb
        fathom fetch google/bert_uncased_L-4_H-256_A-4
        fathom fetch bert-base-cased --out models/bert-base-cased
      """)

  @Argument(help: "imdb, or a model's name.")
  var name: String

  @Option(help: "For imdb the folder to make (default: aclImdb); for a model one to copy it to.")
  var out: PathArgument?

  @Option(help: ArgumentHelp("Another server with the same paths, for imdb.", visibility: .hidden))
  var mirror: String?

  private var hubName: HubName? { HubName(name.hasPrefix("hf:") ? String(name.dropFirst(3)) : name) }

  func validate() throws {
    guard hubName != nil else {
      throw ValidationError("'\(name)' is not a name: write imdb, bert-base-cased or user/model")
    }
  }

  func run() throws {
    Interrupts.listen()
    if name == "imdb" { return try fetchIMDB((out ?? PathArgument(argument: "aclImdb")).url) }
    try fetchModel(hubName!)
  }

  private func fetchIMDB(_ folder: URL) throws {
    if FileManager.default.fileExists(atPath: folder.appendingPathComponent("train").path) {
      return try Output.line("\(folder.path) is there already")
    }
    let archive = folder.deletingLastPathComponent().appendingPathComponent("aclImdb_v1.tar.gz")
    if !FileManager.default.fileExists(atPath: archive.path) {
      let home = mirror ?? "https://ai.stanford.edu/~amaas/data/sentiment"
      try fetch("\(home)/aclImdb_v1.tar.gz", archive, .md5("7c2ac02c03563afcf9b574c7e56c153a"))
    }
    let scratch = folder.deletingLastPathComponent().appendingPathComponent(".aclImdb-\(getpid())")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "xzf", archive.path, "-C", scratch.path]
    try ChildProcess.run(tar)
    let unpacked = scratch.appendingPathComponent("aclImdb")
    guard tar.terminationStatus == 0, FileManager.default.fileExists(atPath: unpacked.path) else {
      throw FathomError(
        .failed, at: archive.path, "could not be unpacked", mend: "free 600 MB, or remove it and run again")
    }
    try FileManager.default.moveItem(at: unpacked, to: folder)
    try FileManager.default.removeItem(at: archive)
    try Output.line("\(folder.path): train and test, pos and neg")
  }

  private func fetchModel(_ name: HubName) throws {
    let snapshot = try HubAccess.shared.hub().model(name, asksAnew: true) { folder in
      _ = try EncoderRegistry.config(folder: folder)
    }
    guard let out else { return try Output.line("\(snapshot.path): \(name)") }
    try copy(snapshot, to: out.url)
    try Output.line("\(out): \(name)")
  }

  /// Files of their own: the cache's are links to contents that models share.
  private func copy(_ snapshot: URL, to folder: URL) throws {
    let files = FileManager.default
    if files.fileExists(atPath: folder.appendingPathComponent("config.json").path) {
      throw FathomError(
        .exists, at: out?.description, "there is a model already", mend: "choose another \(.out)")
    }
    do {
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
      let names = try files.contentsOfDirectory(atPath: snapshot.path).filter { !$0.hasPrefix(".") }.sorted()
      // config.json comes last: a folder that has it is whole.
      for name in names.filter({ $0 != "config.json" }) + ["config.json"] {
        let source = snapshot.appendingPathComponent(name).resolvingSymlinksInPath()
        let destination = folder.appendingPathComponent(name)
        try? files.removeItem(at: destination)
        try files.copyItem(at: source, to: destination)
      }
    } catch { throw AtomicFile.fault(folder, error) }
  }

  private func fetch(_ source: String, _ destination: URL, _ checksum: Download.Checksum?) throws {
    guard let url = URL(string: source) else { throw FathomError(.setting, at: source, "is not an address") }
    let started = Date(), title = destination.lastPathComponent, line = DownloadLine()
    try Download.fetch(
      url, to: destination, checksum: checksum,
      progress: { line.show(title, received: $0, total: $1, seconds: Date().timeIntervalSince(started)) },
      shouldStop: { Interrupts.wereReceived })
    line.end(title)
  }
}
