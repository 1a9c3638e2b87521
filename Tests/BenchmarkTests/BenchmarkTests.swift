import Benchmark
import Testing

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

  @Test func `operations are linear in blocks, and training is three times inference`() {
    func work(_ blocks: Int, _ mode: Workload.Mode) -> Double {
      Workload(mode: mode, hidden: 64, heads: 2, blocks: blocks, precision: .fp32, batches: [[10, 20], [30]]).operations
    }
    #expect(work(0, .inference) == 0)
    #expect(work(4, .inference) - work(3, .inference) == work(3, .inference) - work(2, .inference))
    #expect(work(3, .train) == 3 * work(3, .inference))
    // The last block needs keys and values only, but for one row a text.
    #expect(work(1, .inference) < 0.3 * (work(2, .inference) - work(1, .inference)))
  }

  @Test func `a round takes time in both modes`() {
    for mode in Workload.Mode.allCases {
      let work = Workload(mode: mode, hidden: 32, heads: 2, blocks: 2, precision: .fp32, batches: [[5, 7], [3]])
      #expect(EncoderBenchmark(work).round() > 0)
    }
    #expect(Machine.matrixRate(hidden: 64, dtype: .float32) > 0)
  }
}
