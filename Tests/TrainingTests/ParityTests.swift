import Encoder
import Checkpoint
import Classification
import Fixtures
import Foundation
import Testing
import Torch
import Training

/// Everything that Hugging Face computes with the tiny BERT of Tools/make-parity-goldens.py.
struct Golden {
  static let folder = Fixtures.goldens.appendingPathComponent("bert")
  let expected: [String: StoredTensor]

  init() throws {
    let (tensors, _) = try SafeTensors.read(Golden.folder.appendingPathComponent("expected.safetensors"))
    expected = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
  }

  func tensor(_ name: String) throws -> Tensor { try #require(expected[name]).load() }

  func sequences() throws -> [[Int32]] {
    let rows = try tensor("ids").array(Int64.self)
    let lengths = try tensor("lengths").array(Int64.self)
    let width = rows.count / lengths.count
    return lengths.enumerated().map { row, length in (0..<Int(length)).map { Int32(rows[row * width + $0]) } }
  }
}

func largestDifference(_ a: Tensor, _ b: Tensor) -> Double { (a - b).abs().max().item }

func norm(_ a: Tensor) -> Double { (a * a).sum().item.squareRoot() }

/// On the fused operations where the processor has them, and on the plain ones.
@Suite(.serialized) struct ParityTests {
  private func on<R>(fused: Bool, _ body: () throws -> R) rethrows -> R {
    try fused ? body() : Fused.disabled(body)
  }

  @Test func `bf16 stays near Hugging Face's fp32`() throws {
    let golden = try Golden()
    let network = try TextClassifier(folder: Golden.folder).network
    let logits = try withoutGradients { network(PackedTokens(try golden.sequences()), dtype: .bfloat16) }
    #expect(try largestDifference(logits, golden.tensor("logits")) < 0.05)
  }

  @Test func `all outputs are those of Hugging Face within 1e-5`() throws {
    let golden = try Golden()
    let bert = try BERTModel(Checkpoint(folder: Golden.folder))
    let output = try withoutGradients {
      bert(PackedTokens(try golden.sequences()), keepingHiddenStates: true, keepingAttentions: true)
    }
    #expect(try largestDifference(output.sequence, golden.tensor("sequence_output")) < 1e-5)
    #expect(try largestDifference(try #require(output.pooled), golden.tensor("pooled_output")) < 1e-5)
    #expect(output.hiddenStates.count == 5 && output.attentions.count == 4)
    for (index, state) in output.hiddenStates.enumerated() {
      #expect(
        try largestDifference(output.batch.padded(state), golden.tensor("hidden_states.\(index)")) < 1e-5)
    }
    for (index, attention) in output.attentions.enumerated() {
      #expect(try largestDifference(attention, golden.tensor("attentions.\(index)")) < 1e-5)
    }
  }

  @Test(arguments: [true, false])
  func `the first K blocks end in hidden state K, and the last K differ from them`(isFused: Bool) throws {
    let golden = try Golden()
    let checkpoint = try Checkpoint(folder: Golden.folder)
    let batch = PackedTokens(try golden.sequences())
    for count in 0...4 {
      let bert = try BERTModel(checkpoint, blocks: .first(count), pooler: .none)
      let output = on(fused: isFused) { withoutGradients { bert(batch) } }
      #expect(try largestDifference(output.sequence, golden.tensor("hidden_states.\(count)")) < 1e-5)
    }
    let last = try BERTModel(checkpoint, blocks: .last(2), pooler: .none)
    let listed = try BERTModel(checkpoint, blocks: .list([2, 3]), pooler: .none)
    let (a, b) = withoutGradients { (last(batch).sequence, listed(batch).sequence) }
    #expect(largestDifference(a, b) == 0)
    #expect(try largestDifference(a, golden.tensor("hidden_states.2")) > 0.1)
  }

  @Test(arguments: [true, false])
  func `logits, loss, gradients and one AdamW step are those of PyTorch within 1e-5`(isFused: Bool) throws {
    let golden = try Golden()
    let classifier = try TextClassifier(folder: Golden.folder)
    let network = classifier.network
    let targets = try golden.tensor("labels")
    let logits = try on(fused: isFused) { network(PackedTokens(try golden.sequences()), training: false) }
    #expect(try largestDifference(logits.detached(), golden.tensor("logits")) < 1e-5)
    let loss = logits.crossEntropy(targets)
    #expect(try abs(loss.item - golden.tensor("loss").item) < 1e-5)
    loss.backward()
    for (name, parameter) in network.namedParameters() {
      let expected = try golden.tensor("gradient." + name)
      let found = try #require(parameter.wrappedValue.gradient, "\(name)")
      // A key's bias shifts all scores alike: its gradient is rounding noise around zero.
      if name.hasSuffix("key.bias") {
        #expect(norm(found) < 1e-5)
      } else {
        #expect(norm(found - expected) < 1e-5 * norm(expected), "\(name)")
      }
    }
    AdamW(AdamW.groups(network, TrainingOptions())).step()
    for (name, parameter) in network.namedParameters() where !name.hasSuffix("key.bias") {
      let expected = try golden.tensor("stepped." + name)
      #expect(norm(parameter.wrappedValue.detached() - expected) < 1e-5 * norm(expected), "\(name)")
    }
  }
}
