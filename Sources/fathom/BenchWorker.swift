import Benchmark
import Foundation
import Torch
import WordPiece

/// Fathom's side of Tools/bench_peers.py: a workload as a JSON line, then a round for each further line.
final class BenchWorker {
  private let device: Device
  private var round: () -> Double = { 0 }
  private var matrixRate: () -> Double = { 0 }

  init(device: Device) { self.device = device }

  func run() throws {
    guard let first = readLine() else { return }
    try Output.json(try start(Data(first.utf8)))
    while let line = readLine() {
      if line == "\"rate\"" {
        // Asked for last, since what the products take would count as the model's peak.
        try Output.json(["matrix_rate_flops": matrixRate()])
      } else {
        try Output.json(["seconds": round(), "peak_memory_bytes": Engine.peakMemoryBytes ?? 0])
      }
    }
  }

  private struct Texts: Decodable {
    /// A folder with vocab.txt or tokenizer.json
    let tokenizer: String
    /// One text a line
    let texts: String
    let threads: Int
  }

  private func start(_ line: Data) throws -> [String: Any] {
    if let work = try? JSONDecoder().decode(Texts.self, from: line) {
      let tokenizer = try Tokenizer(folder: URL(fileURLWithPath: work.tokenizer))
      let texts = try String(contentsOfFile: work.texts, encoding: .utf8).split(separator: "\n").map(
        String.init)
      func encode() -> [[Int32]] { tokenizer.encode(texts, threads: work.threads) }
      round = {
        let started = ContinuousClock.now
        _ = encode()
        return (ContinuousClock.now - started) / .seconds(1)
      }
      return ["ids": encode().reduce(0) { $0 + $1.count }]
    }
    let work = try JSONDecoder().decode(Workload.self, from: line)
    let benchmark = EncoderBenchmark(work, device: device)
    round = benchmark.round
    matrixRate = { [device] in
      Machine.matrixRate(hidden: work.hidden, dtype: work.precision.dtype, device: device)
    }
    return ["operations": work.operations]
  }
}
