// Loads a checkpoint, fine-tunes its first three blocks on the bundled sample, and predicts.
import Classification
import Corpus
import Foundation
import Training

let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../..").standardized
let sample = root.appendingPathComponent("Sample")

let reader = CorpusReader()
let train = try reader.dataSet(sample.appendingPathComponent("train.csv"), split: .train)
let test = try reader.dataSet(
  sample.appendingPathComponent("test.csv"), split: .test, classes: train.classes)

var options = TrainingOptions()
options.epochs = 4
options.bertLearningRate = 5e-4
options.schedule = .linear
let data = try TrainingData(
  train: train, test: test.limited(to: 300, seed: 1), validationShare: 0.1, splitSeed: 1,
  selection: .validation)
let job = try TrainingJob(
  model: sample.appendingPathComponent("model"), variant: try Variant("3VA"), data: data, options: options,
  text: TextSettings(maximumLength: 96))

let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sentiment-\(getpid())")
defer { try? FileManager.default.removeItem(at: folder) }
let record = try job.run(in: folder)
print("3VA, test accuracy \(record.test.accuracy) on \(record.test.count) texts")

let classifier = try TextClassifier(folder: folder)
for prediction in try classifier.predict(["The film was superb.", "This movie was far from gripping."]) {
  print(prediction.title, prediction.scores)
}
