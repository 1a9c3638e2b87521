import Encoder
import Foundation
import Testing
import Torch

@testable import Benchmark

@Suite struct BenchmarkTests {
  @Test func `batches keep the distribution of lengths, the like ones together`() {
    let batches = ReviewLengths.batches(50, batchSize: 8)
    #expect(batches.count == 50 && batches.allSatisfy { $0.count == 8 })
    let all = batches.flatMap { $0 }
    #expect(all == all.sorted() && all.first! < 100 && all.last == 512)
    #expect((255...270).contains(Double(all.reduce(0, +)) / 400))
    #expect(batches.allSatisfy { Double($0.first!) > 0.7 * Double($0.last!) }, "little to pad")
    let whole = ReviewLengths.batches(50, batchSize: 4)
    for count in [1, 2, 7] { #expect(ReviewLengths.batches(count, batchSize: 4).allSatisfy(whole.contains)) }
  }

  @Test func `a start is measured on rows that are there, and leaves nothing behind`() throws {
    func left() throws -> Set<String> {
      Set(
        try FileManager.default.contentsOfDirectory(atPath: FileManager.default.temporaryDirectory.path)
          .filter { $0.hasPrefix("fathom-") })
    }
    let before = try left()
    do {
      let start = try StartBenchmark(rows: 3000)
      #expect(try start.seconds() > 0 && start.seconds() > 0)
      #expect(try left().subtracting(before).count == 1)
    }
    #expect(try left() == before)
  }

  @Test func `operations are linear in blocks, and training is three times inference`() {
    func work(_ blocks: Int, _ mode: Workload.Mode) -> Double {
      Workload(
        mode: mode, hidden: 64, heads: 2, blocks: blocks, precision: .fp32, batches: [[10, 20], [30]]
      ).operations
    }
    #expect(work(0, .inference) == 0)
    #expect(work(4, .inference) - work(3, .inference) == work(3, .inference) - work(2, .inference))
    #expect(work(3, .train) == 3 * work(3, .inference))
    // The last block needs keys and values only, but for one row a text.
    #expect(work(1, .inference) < 0.3 * (work(2, .inference) - work(1, .inference)))
  }

  /// The model's own count of what it multiplies equals the least that the equations need: nothing is spent
  /// on padding, and the cost is linear in real tokens and in blocks.
  @Test(arguments: [true, false])
  func `the model multiplies what the equations need and no more`(isFused: Bool) {
    func counted(_ blocks: Int, _ lengths: [Int]) -> Double {
      let config = BERTConfig(
        vocabularySize: 50, hiddenSize: 64, blockCount: blocks, headCount: 4, intermediateSize: 256)
      let bert = BERTModel(config)
      bert.initialize()
      let batch = PackedTokens(lengths.map { [Int32](repeating: 3, count: $0) })
      func run() { withoutGradients { _ = bert.pooled(batch) } }
      return OperationCounter.count { if isFused { run() } else { Fused.disabled(run) } }
        - Double(2 * lengths.count * 64 * 64)
    }
    for lengths in [[7], [3, 90, 41], [200, 200, 150, 8]] {
      for blocks in 1...4 {
        let work = Workload(
          mode: .inference, hidden: 64, heads: 4, blocks: blocks, precision: .fp32, batches: [lengths])
        // Without the fused attention the query of the last block is that of [CLS] too.
        #expect(counted(blocks, lengths) == work.operations, "\(blocks) blocks, \(lengths)")
      }
      let step = counted(3, lengths) - counted(2, lengths)
      #expect(counted(4, lengths) - counted(3, lengths) == step)
      #expect(counted(3, lengths + lengths) == 2 * counted(3, lengths), "linear in texts")
    }
  }

  private let small = [[5, 7], [3]]

  @Test func `a round of inference multiplies what its workload says, of the blocks and of the head`() {
    let work = Workload(
      mode: .inference, hidden: 32, heads: 2, blocks: 2, precision: .fp32, batches: small)
    let benchmark = EncoderBenchmark(work)
    let texts = Double(small.joined().count)
    // Pooler and a linear layer of two classes
    let head = texts * Double(2 * 32 * 32 + 2 * 32 * 2)
    #expect(OperationCounter.count { _ = benchmark.round() } == work.operations + head)
  }

  @Test func `rounds of training change the weights, rounds of inference do not`() {
    func sums(_ mode: Workload.Mode) -> (before: Double, after: Double) {
      let work = Workload(mode: mode, hidden: 32, heads: 2, blocks: 1, precision: .fp32, batches: small)
      let benchmark = EncoderBenchmark(work)
      func sum() -> Double {
        benchmark.network.namedParameters().reduce(0) {
          $0 + $1.parameter.wrappedValue.detached().abs().sum().item
        }
      }
      let before = sum()
      _ = benchmark.round()
      return (before, sum())
    }
    let (trained, inferred) = (sums(.train), sums(.inference))
    #expect(trained.before != trained.after)
    #expect(inferred.before == inferred.after)
  }

  @Test func `the matrix rate multiplies at BERT's largest shape`() {
    let counted = OperationCounter.count { _ = Machine.matrixRate(hidden: 16, dtype: .float32) }
    #expect(counted == 12 * 2 * 4096 * 16 * 64)
  }
}
