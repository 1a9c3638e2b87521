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

struct RankTask: TextTask {
  let labels: [String]

  func loss(_ logits: Tensor, targets: [Target], options: LossOptions) -> Tensor {
    let reached = targets.flatMap { target -> [Float] in
      guard case .label(let rank) = target else { preconditionFailure("a rank for each text") }
      return labels.indices.map { $0 <= rank ? 1 : 0 }
    }
    let wanted = Tensor(reached, shape: [targets.count, labels.count]).to(logits.device)
    return logits.binaryCrossEntropy(wanted, labelSmoothing: options.labelSmoothing)
  }

  func prediction(_ logits: [Float]) throws -> Prediction {
    try TextClassifier.checkFinite(logits)
    let rank = (logits.firstIndex { $0 < 0 } ?? logits.count) - 1
    let scores = logits.map { 1 / (1 + exp(-Double($0))) }
    return Prediction(labels: labels, scores: scores, logits: logits, answer: .label(max(rank, 0)))
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

  @Test func `the article's task learns which ranks are reached`() throws {
    let rows: [[Float]] = [[2, 0.5, -1], [0.5, -0.5, -3]]
    let logits = Tensor(rows.flatMap { $0 }, shape: [2, 3])
    let task = RankTask(labels: ["poor", "fair", "good"])
    func log2(_ x: Float, _ isThere: Bool) -> Double {
      Foundation.log(1 + Foundation.exp(isThere ? -Double(x) : Double(x)))
    }
    let reached = [[true, true, true], [true, false, false]]
    let expected = zip(rows, reached).map { row, reached in zip(row, reached).map(log2).reduce(0, +) }
    let loss = task.loss(logits, targets: [.label(2), .label(0)], options: LossOptions()).item
    #expect(abs(loss - expected.reduce(0, +) / 6) < 1e-6)
    #expect(try rows.map(task.prediction).map(\.title) == ["fair", "poor"])
  }
}
