import Fixtures
import Testing
import Torch

/// AdamW on single rows against AdamW on the whole table.
@Suite struct TableRowsTests {
  private struct Run {
    let embedding: Embedding
    let optimizer: AdamW

    init(_ start: Tensor, rowwise: Bool) {
      embedding = Embedding(start.shape[0], start.shape[1])
      embedding.weight.copy(from: start)
      embedding.hasRowGradients = rowwise
      optimizer = AdamW(
        [AdamW.Group("all", [("table", embedding.weight)], learningRate: 0.02, weightDecay: 0.1)],
        tables: rowwise ? [embedding.weight] : [])
    }

    /// A step whose gradients depend on the weights that were read.
    func step(_ ids: [Int64], _ number: Int, clip: Double? = nil) {
      optimizer.clearGradients()
      // Gradients add up over both.
      for part in [ids.prefix(ids.count / 2), ids.suffix(ids.count - ids.count / 2)] {
        let ids = Tensor(Array(part))
        optimizer.willRead(ids, of: embedding.weight)
        let read = embedding(ids)
        (read * read).sum().backward()
      }
      if let clip { optimizer.clipGradients(maximum: clip) }
      optimizer.step(rate: 1 / Double(1 + number % 5))
    }

    var state: [[Float]] {
      optimizer.settle()
      return [embedding.weight.detached().array()] + optimizer.state.map { $0.tensor.array() }
    }
  }

  /// Ids of a step; some rows are read often, some seldom, the last two never.
  private func ids(_ step: Int, _ generator: inout SystemSeed) -> [Int64] {
    (0..<7).map { _ in Int64.random(in: 0..<(step % 10 == 0 ? 18 : 6), using: &generator) }
  }

  @Test(arguments: [nil, 0.5])
  func `rows that are caught up equal the table that was updated at every step`(clip: Double?) {
    RandomState.seed(3)
    var generator = SystemSeed(5)
    let start = Tensor.normal([20, 21])
    let (dense, rows) = (Run(start, rowwise: false), Run(start, rowwise: true))
    for step in 0..<60 {
      let ids = ids(step, &generator)
      dense.step(ids, step, clip: clip)
      rows.step(ids, step, clip: clip)
      if step == 25 { rows.optimizer.settle() }
    }
    for (a, b) in zip(rows.state, dense.state) { #expect(isClose(a, b, within: 2e-6)) }
  }

  @Test func `settling at any time and going on from a stored state change no bit`() {
    RandomState.seed(4)
    let start = Tensor.normal([20, 33])
    var runs = (0..<3).map { _ in Run(start, rowwise: true) }
    var generator = SystemSeed(6)
    for step in 0..<40 {
      let ids = ids(step, &generator)
      for run in runs { run.step(ids, step) }
      if step % 7 == 0 { runs[1].optimizer.settle() }
      if step == 19 {
        runs[2].optimizer.settle()
        let other = Run(runs[2].embedding.weight.detached(), rowwise: true)
        for (to, from) in zip(other.optimizer.state, runs[2].optimizer.state) {
          to.tensor.copy(from: from.tensor)
        }
        other.optimizer.didRestore()
        runs[2] = other
      }
    }
    #expect(runs[1].state == runs[0].state)
    #expect(runs[2].state == runs[0].state)
  }
}
