import Classification
import Foundation
import Study
import Training

/// A small study that is the same on every machine: what the snapshots show.
enum SampleStudy {
  static let names = ["baseline-custom", "1VA", "2VA", "3VA", "1LV", "2LV", "VA:0+2"]
  private static let accuracies = [0.70, 0.74, 0.81, 0.83, 0.72, 0.80, 0.79]
  private static let classes = ["bad", "good", "so <so>"]

  static func result(
    _ names: [String] = names, seeds: [UInt64] = [1, 2], examples: Int = 900, handicap: Double = 0
  ) throws -> StudyResult {
    StudyResult(
      try names.map { name in
        let index = SampleStudy.names.firstIndex(of: name) ?? 0
        let accuracy = accuracies[index] - handicap
        let hits = seeds.map { SampleStudy.hits(accuracy, seed: $0 &* 100 &+ UInt64(index)) }
        let shares = hits[0].indices.map { example in
          hits.reduce(0) { $0 + $1[example] } / Double(seeds.count)
        }
        let runs = try zip(seeds, hits).map {
          try run(name, index: index, seed: $0, hits: $1, examples: examples)
        }
        return VariantResult(
          variant: try Variant(name), runs: runs, validationHits: shares, testHits: shares)
      })
  }

  private static func run(
    _ name: String, index: Int, seed: UInt64, hits: [Double], examples: Int
  ) throws -> RunRecord {
    let metrics = try SampleStudy.metrics(hits)
    let epochs = try (1...4).map { epoch in
      let lag = Double(4 - epoch) * 0.04
      return EpochRecord(
        epoch: epoch, trainLoss: 1.1 / Double(epoch + index),
        validation: try SampleStudy.metrics(hits.enumerated().map { Double($0) < lag * 200 ? 0 : $1 }),
        test: nil, seconds: 30 + 20 * Double(index), tokens: 40_000)
    }
    let mistake = Mistake(
      example: 7, text: "Not <b>bad</b> & not good", label: "bad", predicted: "good", probability: 0.987)
    return RunRecord(
      variant: name, seed: seed, epochs: epochs, peakEpoch: 4, test: metrics,
      parameters: 4_000_000 + 3_100_000 * index, sizeBytes: 16_000_000 + 12_400_000 * index,
      inferenceExamplesPerSecond: 900 / Double(index + 1), latencyMilliseconds: 1.5 + Double(index),
      peakMemoryBytes: 900_000_000 + 150_000_000 * index, classes: classes, mistakes: [mistake],
      identity: "", settings: try settings(name, examples: examples))
  }

  /// A run of one epoch with these figures.
  static func run(_ name: String, metrics: Metrics, classes: [String]) throws -> RunRecord {
    let epoch = EpochRecord(
      epoch: 1, trainLoss: 1, validation: metrics, test: nil, seconds: 12, tokens: 100)
    return RunRecord(
      variant: name, seed: 1, epochs: [epoch], peakEpoch: 1, test: metrics, parameters: 1_000_000,
      sizeBytes: 4_000_000, inferenceExamplesPerSecond: 50, classes: classes, identity: "",
      settings: try settings(name, examples: 900))
  }

  private static func settings(_ name: String, examples: Int) throws -> RunSettings {
    var training = TrainingOptions()
    training.epochs = 4
    training.batchSize = 16
    training.bertLearningRate = 2e-5
    training.schedule = .linear
    training.warmup = 0.1
    return RunSettings(
      variant: try Variant(name), model: ModelIdentity(name: "tiny", digest: ""),
      data: DataIdentity(
        name: "reviews", digest: "", trainExamples: examples, validationExamples: 200, testExamples: 200),
      text: TextSettings(maximumLength: 128), network: NetworkSettings(), training: training, threads: 2)
  }

  private static func metrics(_ hits: [Double]) throws -> Metrics {
    let logits: [[Float]] = hits.enumerated().map { example, hit in
      var row: [Float] = [0, 0, 0]
      row[(example + (hit == 1 ? 0 : 1)) % 3] = 2
      return row
    }
    return try Metrics(logits: logits, targets: hits.indices.map { $0 % 3 })
  }

  /// Right and wrong answers, drawn by a generator of its own.
  private static func hits(_ accuracy: Double, seed: UInt64) -> [Double] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    return (0..<200).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 33) / Double(1 << 31) < accuracy ? 1 : 0
    }
  }
}
