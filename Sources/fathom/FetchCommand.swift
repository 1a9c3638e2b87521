import Files
import ArgumentParser
import Checkpoint
import Foundation

struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Download a data set or a pretrained BERT from its public home.",
    discussion: """
        imdb             the Large Movie Review Dataset (84 MB), unpacked
        NAME, USER/NAME  a BERT of huggingface.co: bert-base-cased,
                         google/bert_uncased_L-4_H-256_A-4, …

      A download that was stopped goes on; sums are checked.

      EXAMPLES
        fathom fetch imdb
        fathom fetch bert-base-cased --out models/bert-base-cased
      """)

  @Argument(help: "imdb, or a model's name.")
  var name: String

  @Option(help: "Where to put it (default: the name's last part, here).")
  var out: PathArgument?

  @Option(help: ArgumentHelp("Another server with the same paths.", visibility: .hidden))
  var mirror: String?

  func validate() throws {
    let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) }
    guard allowed, !name.isEmpty, !name.contains(".."),
      name.split(separator: "/", omittingEmptySubsequences: false).count <= 2,
      !name.hasPrefix("/"), !name.hasSuffix("/")
    else { throw ValidationError("'\(name)' is not a name: write imdb, bert-base-cased or user/model") }
  }

  func run() throws {
    Interrupts.listen()
    let usual = name == "imdb" ? "aclImdb" : String(name.split(separator: "/").last!)
    let folder = (out ?? PathArgument(argument: usual)).url
    if name == "imdb" { try fetchIMDB(folder) } else { try fetchModel(folder) }
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

  private func fetchModel(_ folder: URL) throws {
    let home = "\(mirror ?? "https://huggingface.co")/\(name)/resolve/main"
    // Not every model has them, and what a tokenizer does may be in any of them. Newer ones have their
    // vocabulary in tokenizer.json alone.
    let optional = [
      "tokenizer.json", "vocab.txt", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json",
    ]
    for file in ["config.json"] + optional + ["model.safetensors"] {
      let destination = folder.appendingPathComponent(file)
      if FileManager.default.fileExists(atPath: destination.path) { continue }
      do { try fetch("\(home)/\(file)", destination, nil) } catch let error as FathomError {
        // Older models have their weights only as a PyTorch archive.
        let hasVocabulary =
          file != "vocab.txt"
          || FileManager.default.fileExists(atPath: folder.appendingPathComponent("tokenizer.json").path)
        guard error.code == .notFound, hasVocabulary,
          optional.contains(file) || file == "model.safetensors"
        else { throw error }
        try? FileManager.default.removeItem(at: destination.appendingPathExtension("part"))
        let archive = folder.appendingPathComponent("pytorch_model.bin")
        if file == "model.safetensors", !FileManager.default.fileExists(atPath: archive.path) {
          try fetch("\(home)/pytorch_model.bin", archive, nil)
        }
      }
    }
    try Output.line("\(folder.path): \(name)")
  }

  private func fetch(_ source: String, _ destination: URL, _ checksum: Download.Checksum?) throws {
    guard let url = URL(string: source) else { throw FathomError(.setting, at: source, "is not an address") }
    let isTerminal = isatty(STDERR_FILENO) == 1
    let started = Date()
    let title = destination.lastPathComponent
    nonisolated(unsafe) var drawn = Date.distantPast
    try Download.fetch(
      url, to: destination, checksum: checksum,
      progress: { received, total in
        guard Date().timeIntervalSince(drawn) > (isTerminal ? 0.1 : 10) else { return }
        drawn = Date()
        let rate = Double(received) / 1e6 / max(0.001, Date().timeIntervalSince(started))
        let share =
          total.map { String(format: " %.0f %%", 100 * Double(received) / Double(max($0, 1))) } ?? ""
        let line = String(format: "%@ %.1f MB%@ %.1f MB/s", title, Double(received) / 1e6, share, rate)
        Output.draw(isTerminal ? "\r\u{1B}[2K\(line)" : line + "\n")
      }, shouldStop: { Interrupts.wereReceived })
    if isTerminal { Output.draw("\r\u{1B}[2K") }
    Output.note("\(title) fetched")
  }
}
