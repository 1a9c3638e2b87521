import Corpus
import Foundation
import GRDB
import Training

extension RunStore {
  /// Notes that a run begins, or goes on.
  public func begin(_ key: RunKey, identity: String, settings: RunSettings) throws {
    let text = try RunStore.json(settings)
    try write { database in
      guard var row = try RunRow.find(key, database) else {
        var row = RunRow(key, identity: identity, settings: text)
        return try row.insert(database)
      }
      (row.state, row.reason, row.fingerprint, row.settings) = ("running", nil, identity, text)
      try row.update(database)
    }
  }

  /// Writes an epoch of a run that has begun.
  public func add(_ epoch: EpochRecord, to key: RunKey) throws {
    try write { database in
      guard let run = try RunRow.find(key, database)?.id else { return }
      try EpochRow(epoch, run: run).insert(database)
    }
  }

  /// Notes that a run that has begun cannot be finished, and why.
  public func fail(_ key: RunKey, reason: String) throws {
    try write { database in
      guard var row = try RunRow.find(key, database) else { return }
      (row.state, row.reason) = ("failed", reason)
      try row.update(database)
    }
  }

  /// Writes a finished run with its epochs and predictions, all or nothing.
  /// - Precondition: the predictions are of these data.
  public func finish(_ record: RunRecord, _ predictions: TrainingJob.Predictions, data: TrainingData) throws {
    let isOfClasses = data.train.kind == .singleLabel
    try finish(
      record,
      validation: HeldOutRows(
        targets: isOfClasses ? data.validation.map { Array($0.targets) } ?? [] : [],
        classes: predictions.validation ?? [], scores: predictions.validationScores,
        constant: predictions.validationConstant),
      test: HeldOutRows(
        targets: isOfClasses ? Array(data.test.targets) : [], classes: predictions.test,
        scores: predictions.testScores, constant: predictions.testConstant))
  }

  func finish(_ record: RunRecord, validation: HeldOutRows, test: HeldOutRows) throws {
    let confusion = try RunStore.json(record.test.confusion)
    let settings = try RunStore.json(record.settings)
    let named = record.test.figures.map { ($0.key.rawValue, $0.value) }
    let figures = try RunStore.json(Dictionary(uniqueKeysWithValues: named))
    try write { database in
      let key = RunKey(record)
      var row =
        try RunRow.find(key, database) ?? RunRow(key, identity: record.identity, settings: settings)
      (row.fingerprint, row.settings) = (record.identity, settings)
      row.finish(record, confusion: confusion, figures: figures)
      try row.save(database)
      guard let run = row.id else { return }
      for epoch in record.epochs { try EpochRow(epoch, run: run).insert(database) }
      try database.execute(sql: "DELETE FROM prediction WHERE run = ?", arguments: [run])
      for (split, set) in [("validation", validation), ("test", test)] {
        for (example, pair) in zip(set.targets, set.classes).enumerated() {
          try PredictionRow(
            run: run, split: split, example: example, target: pair.0, class: pair.1,
            score: set.scores.isEmpty ? nil : set.scores[example],
            constant: set.constant.isEmpty ? nil : set.constant[example]
          ).insert(database)
        }
      }
    }
  }

  /// Of this program, as `fathom --version` gives it.
  public static let version = "0.1.0"

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
