import Encoder
import Fixtures
import Foundation
import Testing
import Torch

@testable import Classification

// The code of Sources/Classification/Classification.docc/AddingAHead.md and AddingATask.md.

extension HeadKind {
  /// VE: the last hidden state of each text's last token, [SEP].
  static let lastToken = HeadKind("VE", "raw SEP", reads: .tokens) { shape in
    LinearHead(shape) { input in
      input.batch.perSequence(input.features) { states in  // [n,L,H]
        states.narrowed(1, from: states.shape[1] - 1, count: 1).sum(along: 1)
      }
    }
  }
}

struct SmoothedTask: TextTask {
  static let problemType = "single_label_classification"
  let labels: [String]
  /// The share that all classes have together
  let smoothing: Double

  func loss(_ logits: Tensor, classes: [Int]) -> Tensor {
    let hard = SingleLabelTask(labels: labels).loss(logits, classes: classes)
    let even = logits.softmax().log().mean() * -1
    return hard * (1 - smoothing) + even * smoothing
  }

  func prediction(_ logits: [Float]) throws -> TextClassifier.Prediction {
    try SingleLabelTask(labels: labels).prediction(logits)
  }
}

@Suite struct ClassificationArticleTests {
  @Test(arguments: ["AddingAHead", "AddingATask"])
  func `the article's code is this file's`(article: String) throws {
    let code = try Fixtures.articleCode("Classification/Classification.docc/\(article).md")
    #expect(try !code.isEmpty && String(contentsOfFile: #filePath, encoding: .utf8).contains(code))
  }

  @Test func `the article's head reads the last token of each text`() {
    let shape = HeadShape(
      hiddenSize: 2, blockCount: 1, maximumLength: 4, classCount: 2, dropout: 0, deviations: Deviations())
    let head = HeadKind.lastToken.make(shape)
    for (name, parameter) in head.namedParameters() {
      parameter.wrappedValue.copy(
        from: name.hasSuffix("weight") ? Tensor([1, 0, 0, 1] as [Float], shape: [2, 2]) : .zeros([2]))
    }
    let batch = PackedTokens([[1, 2, 3], [4, 5, 6], [7, 8]])
    let features = Tensor((0..<16).map(Float.init), shape: [8, 2])
    let logits = withoutGradients { head(HeadInput(features: features, batch: batch), training: false) }
    #expect(logits.array(Float.self) == [4, 5, 10, 11, 14, 15])
  }

  @Test func `the article's task mixes cross-entropy with an even target`() throws {
    let logits = Tensor([2, 0, -1, 0.5, 0.5, 3] as [Float], shape: [2, 3])
    let task = SmoothedTask(labels: ["a", "b", "c"], smoothing: 0.3)
    let rows: [[Float]] = [[2, 0, -1], [0.5, 0.5, 3]]
    let expected = zip(rows, [0, 1]).map { row, target in
      let logs = row.indices.map { TextClassifier.logSoftmax(row, $0) }
      return -0.7 * logs[target] - 0.3 * logs.reduce(0, +) / 3
    }
    #expect(abs(task.loss(logits, classes: [0, 1]).item - expected.reduce(0, +) / 2) < 1e-6)
    #expect(try task.prediction(rows[1]).label == "c")
  }
}
