import ArgumentParser
import Corpus
import Encoder
import Files
import Foundation
import Hub

/// A model that the user names: a folder, or a name at Hugging Face (`bert-base-uncased`,
/// `organisation/name@revision`, or the same after `hf:`). Messages show it as it was typed.
struct ModelArgument: ExpressibleByArgument, CustomStringConvertible {
  let description: String

  init(argument: String) { description = argument }

  static var defaultCompletionKind: CompletionKind { .file() }

  /// The last part without the revision, for reports.
  var name: String {
    isFolder ? path.standardizedFileURL.lastPathComponent : hub?.lastPart ?? path.lastPathComponent
  }

  /// The folder; a name's files are fetched where they are missing.
  /// - Throws: `FathomError`, one sentence.
  func folder() throws -> URL {
    if isFolder {
      try refuseFile()
      if let hub, isTold() { try noteFolder(hub) }
      return path
    }
    // What is no name either is reported as the folder that is not there.
    guard let hub else { return path }
    do {
      return try HubAccess.shared.folder(of: hub) { folder in
        _ = try EncoderRegistry.config(folder: folder)
      }
    } catch let error as FathomError where !isExplicit && error.place == hub.description {
      // It may have been a folder's name with a slip.
      throw FathomError(
        error.code, at: error.place,
        "no folder here is called so, and \(error.what.text(naming: Flags.name))",
        mend: error.mend)
    }
  }

  private func refuseFile() throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isDirectory), !isDirectory.boolValue
    else { return }
    throw FathomError(
      .unsupported, at: description, "is a file and no model folder",
      mend: path.pathExtension == "pt"
        ? "make a folder of a .pt of the study of 2019 with `fathom import`" : "name the folder that it is in"
    )
  }

  private static let scheme = "hf:"
  private var path: URL { URL(fileURLWithPath: description) }
  private var isExplicit: Bool { description.hasPrefix(Self.scheme) }

  private var isFolder: Bool {
    !isExplicit && (FileManager.default.fileExists(atPath: path.path) || hub == nil)
  }

  private var hub: HubName? {
    HubName(isExplicit ? String(description.dropFirst(Self.scheme.count)) : description)
  }

  /// Whether a user may mean the Hub's: of a name of one word only where it is a BERT's, or in the cache.
  private func isTold() -> Bool {
    guard let hub else { return false }
    let isOwnRun = FileManager.default.fileExists(atPath: path.appendingPathComponent("run.json").path)
    return !isOwnRun
      && (description.contains("/") || description.hasPrefix("bert-") || HubAccess.shared.knows(hub))
  }

  private func noteFolder(_ hub: HubName) throws {
    HubAccess.shared.noteOnce(
      "note: \(description) is the folder of that name; hf:\(description) is the model at Hugging Face")
    guard !FileManager.default.fileExists(atPath: path.appendingPathComponent("config.json").path) else {
      return
    }
    throw FathomError(
      .notFound, at: description, "the folder of that name holds no model",
      mend: "name another folder, or hf:\(description) for the model at Hugging Face")
  }
}

/// The Hub as the command line uses it.
final class HubAccess: @unchecked Sendable {
  static let shared = HubAccess()

  private let lock = NSLock()
  private var folders: [HubName: URL] = [:]
  private var told: Set<String> = []

  /// A model that a command names twice is looked for once.
  func folder(of name: HubName, check: (URL) throws -> Void) throws -> URL {
    if let known = lock.withLock({ folders[name] }) { return known }
    // Ctrl-C keeps what was received.
    let folder = try Interrupts.during { try hub().model(name, check: check) }
    lock.withLock { folders[name] = folder }
    return folder
  }

  /// - Parameter text: what stands behind `hf:`.
  func dataFiles(_ text: String, split: CorpusReader.Split) throws -> [URL] {
    guard let name = HubDataName(text) else {
      throw FathomError(
        .setting, at: "hf:\(text)", "is no name of a data set",
        mend: "write hf:NAME, hf:NAME:SPLIT or hf:NAME:CONFIGURATION:SPLIT")
    }
    return try Interrupts.during { try hub().dataFiles(name, split: split.rawValue) }
  }

  func hub() throws -> Hub { Hub(try HubSettings(), progress: HubAccess.progress) }

  func knows(_ name: HubName) -> Bool { (try? hub().knows(name)) ?? false }

  func noteOnce(_ note: String) {
    if lock.withLock({ told.insert(note).inserted }) { Output.note(note) }
  }

  private static var progress: Hub.Progress {
    var progress = Hub.Progress()
    let line = DownloadLine()
    progress.received = { line.show($0, received: $1, total: $2, seconds: $3) }
    progress.fetched = { line.end($0) }
    progress.note = { Output.note($0) }
    progress.shouldStop = { Interrupts.wereReceived }
    return progress
  }
}

/// How far a download is, on one line of a terminal, or on a line every ten seconds elsewhere.
final class DownloadLine: @unchecked Sendable {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let lock = NSLock()
  private var drawn = Date.distantPast

  func show(_ title: String, received: Int, total: Int?, seconds: Double) {
    lock.withLock {
      guard Date().timeIntervalSince(drawn) > (isTerminal ? 0.1 : 10) else { return }
      drawn = Date()
      let rate = Double(received) / 1e6 / max(0.001, seconds)
      let share = total.map { String(format: " %.0f %%", 100 * Double(received) / Double(max($0, 1))) } ?? ""
      let line = String(format: "%@ %.1f MB%@ %.1f MB/s", title, Double(received) / 1e6, share, rate)
      Output.draw(isTerminal ? "\r\u{1B}[2K\(line)" : line + "\n")
    }
  }

  func end(_ title: String) {
    if isTerminal { Output.draw("\r\u{1B}[2K") }
    Output.note("\(title) fetched")
  }
}
