import Files
import Foundation
import Training

extension RunStore {
  /// Makes a study's store anew from its run folders, which are the truth; a store that lies there is moved
  /// aside.
  /// - Returns: how many runs were found, and the folders whose predictions lack their true classes (runs of
  ///   earlier versions, which the next `fathom study` puts back from the data).
  public static func rebuild(_ folder: URL) throws -> (runs: Int, left: [String]) {
    try setAside(folder)
    let store = try RunStore(folder)
    let models = folder.appendingPathComponent("models")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: models.path)) ?? []).sorted()
    var count = 0
    var left: [String] = []
    for name in names {
      let home = models.appendingPathComponent(name)
      if let failure = RunFailure.read(home) {
        let key = RunKey(variant: failure.variant, seed: failure.seed, fold: failure.settings.data.fold)
        try store.begin(key, identity: failure.identity, settings: failure.settings)
        try store.fail(key, reason: failure.reason)
      }
      guard let record = try TrainingJob.record(in: home) else { continue }
      let predictions = try TrainingJob.Predictions.read(home)
      guard let test = predictions.testTargets,
        let validation = predictions.validationTargets ?? (predictions.validation == nil ? [] : nil),
        test.count == predictions.test.count, validation.count == (predictions.validation ?? []).count,
        predictions.hasWholeScores
      else {
        left.append(name)
        continue
      }
      try store.finish(
        record,
        validation: HeldOutRows(
          targets: validation, classes: predictions.validation ?? [], scores: predictions.validationScores,
          constant: predictions.validationConstant),
        test: HeldOutRows(
          targets: test, classes: predictions.test, scores: predictions.testScores,
          constant: predictions.testConstant))
      count += 1
    }
    return (count, left)
  }

  /// Moves a store with its journals out of the way; nothing is deleted.
  static func setAside(_ folder: URL) throws {
    let file = RunStore.file(folder)
    guard FileManager.default.fileExists(atPath: file.path) else { return }
    var number = 1
    func aside(_ number: Int) -> String { "\(file.path).before-\(number)" }
    while FileManager.default.fileExists(atPath: aside(number)) { number += 1 }
    do {
      try FileManager.default.moveItem(atPath: file.path, toPath: aside(number))
      for suffix in ["-wal", "-shm", "-journal"]
      where FileManager.default.fileExists(atPath: file.path + suffix) {
        try FileManager.default.moveItem(atPath: file.path + suffix, toPath: aside(number) + suffix)
      }
    } catch {
      throw FathomError(
        .unwritable, at: file.path, "it cannot be moved aside", mend: "check the folder's permissions")
    }
  }
}

/// `failed.json` in a run's folder: why the run could not be finished.
struct RunFailure: Codable {
  let variant: String
  let seed: UInt64
  let identity: String
  let reason: String
  let settings: RunSettings

  static func file(_ home: URL) -> URL { home.appendingPathComponent("failed.json") }

  static func read(_ home: URL) -> RunFailure? {
    (try? Data(contentsOf: file(home))).flatMap { try? BoundedJSON.decode(RunFailure.self, from: $0) }
  }

  func write(_ home: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try AtomicFile.write(encoder.encode(self), to: RunFailure.file(home))
  }
}
