import Corpus
import Foundation
import Training

/// What passes before the first step on a data file of many rows, besides loading the model: data, split and
/// first batches.
public final class StartBenchmark {
  private let folder: URL
  private let file: URL
  private let cache: DataCache

  /// Writes a CSV of drawn texts to the temporary folder, 140 bytes a row.
  /// - Throws: when the folder cannot be written to.
  public init(rows: Int) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("fathom-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    file = folder.appendingPathComponent("rows.csv")
    cache = DataCache(folder: folder.appendingPathComponent("cache"), smallest: 0)
    let words =
      "the film was a long and noisy story of one actor who could not save it from its slow no: very slow ending"
      .split(separator: " ")
    var generator = SeededGenerator(seed: 1)
    var text = "text,label\n"
    try Data().write(to: file)
    let handle = try FileHandle(forWritingTo: file)
    for row in 0..<rows {
      for _ in 0..<28 { text += words[Int(generator.next() % UInt64(words.count))] + " " }
      text += row % 2 == 0 ? "end,good\n" : "end,bad\n"
      if text.utf8.count > 1 << 20 || row == rows - 1 {
        try handle.write(contentsOf: Data(text.utf8))
        text = ""
      }
    }
    try handle.close()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The first call reads the file, those that follow what was kept of it.
  public func seconds() throws -> Double {
    let started = ContinuousClock.now
    let all = try CorpusReader().dataSet(file, split: .train, cache: cache)
    let data = try TrainingData(
      train: all, test: all.limited(to: 1000, seed: 1), validationShare: 0.1, splitSeed: 1,
      selection: .validation)
    let plan = BatchPlan(count: data.train.count, batchSize: 32, seed: 1, epoch: 0)
    for row in plan.pool(0) { _ = try data.train.texts.text(row) }
    return (ContinuousClock.now - started) / .seconds(1)
  }
}
