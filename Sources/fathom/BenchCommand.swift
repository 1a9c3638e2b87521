import ArgumentParser
import Benchmark
import Foundation
import Report
import Torch
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure training and inference on this machine.",
    usage: "fathom bench [<options>]",
    discussion: """
      Runs VA classifiers with drawn weights on IMDB's distribution of lengths and gives real tokens per second, \
      and the share of the rate that this machine's matrix product reaches in the same run. Tools/bench_peers.py \
      puts the same work through other frameworks, side by side.

      EXAMPLES
        fathom bench
        fathom bench --hidden 384 --heads 12 --blocks 3,6 --precision bf16 \\
          --mode train
      """)

  @Option(help: "Hidden size; the intermediate size is four times that.", in: .from(1, to: 65_536))
  var hidden = 768

  @Option(help: "Attention heads.", in: .from(1, to: 65_536))
  var heads = 12

  @Option(help: "Numbers of blocks with commas.")
  var blocks = "1,3,6,12"

  @Option(help: "train, inference, or both with a comma.")
  var mode = "train,inference"

  @Option(help: "fp32, bf16, or both with a comma.")
  var precision = "fp32,bf16"

  @Option(help: "Texts per batch.", in: .from(1, to: 1_000_000))
  var batchSize = 16

  @Option(help: "Batches per round, shortest texts first.", in: .from(1, to: 10_000))
  var batches = 3

  @Option(help: "Rounds; the median counts.", in: .from(1, to: 10_000))
  var rounds = 3

  @Option(help: "cpu, cuda, cuda:N, mps, or auto (a GPU where there is one).")
  var device = "cpu"

  @OptionGroup var processor: ThreadArguments

  @Flag(help: "libtorch's own operations alone, as on a processor that Fathom has no kernels for.")
  var plain = false

  @Flag(help: "One JSON object per line instead of the table.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Instead, time epochs of 1 to 6 blocks and of 1 to 8 times the batches and starts on up to 2 million rows, and draw them.",
      valueName: "file.svg"))
  var growth: PathArgument?

  /// For Tools/bench_peers.py
  @Flag(help: .hidden) var worker = false

  func validate() throws {
    guard hidden.isMultiple(of: heads) else {
      throw ValidationError("--hidden must be a multiple of --heads")
    }
  }

  func run() throws { try plain ? Fused.disabled(measure) : measure() }

  private func measure() throws {
    processor.apply()
    let device = try Device(device)
    if worker { return try BenchWorker(device: device).run() }
    if let growth { return try drawGrowth(to: growth, on: device) }
    if !json {
      try Output.line(
        "\(Engine.processor), \(Engine.threadCount) threads, libtorch \(Engine.version), device \(device.description)"
      )
      try Output.line("mode       precision  blocks   tokens/s   seconds   of matrix rate   peak so far")
    }
    for name in precision.commaList {
      guard let chosen = TrainingOptions.Precision(rawValue: name) else {
        throw ValidationError("--precision '\(name)': use fp32 or bf16")
      }
      let rate = Machine.matrixRate(hidden: hidden, dtype: chosen.dtype, device: device)
      for name in mode.commaList {
        guard let mode = Workload.Mode(rawValue: name) else {
          throw ValidationError("--mode '\(name)': use train or inference")
        }
        for count in try blocks.commaList.map(parse) {
          try measure(workload(mode, chosen, count), rate, device)
        }
      }
    }
  }

  /// Training in fp32.
  private func drawGrowth(to path: PathArgument, on device: Device) throws {
    func seconds(_ blocks: Int, _ copies: Int) -> (tokens: Int, seconds: Double) {
      var work = workload(.train, .fp32, blocks)
      work.batches = (0..<copies).flatMap { _ in work.batches }
      return (work.tokens, median(work, device))
    }
    let byTokens = [1, 2, 4, 8].map { seconds(3, $0) }.map { (x: Double($0.tokens), seconds: $0.seconds) }
    let byBlocks = (1...6).map { (x: Double($0), seconds: seconds($0, 1).seconds) }
    let starts = try [0.25, 0.5, 1, 2].map { millions in
      let start = try StartBenchmark(rows: Int(millions * 1e6))
      let reading = try start.seconds()
      return (
        x: millions, reading: reading,
        seconds: try (0..<rounds).map { _ in try start.seconds() }.sorted()[rounds / 2]
      )
    }
    let plot = GrowthPlot(
      title: "Time of an epoch, hidden size \(hidden), and of a start",
      [
        GrowthPlot.Series(
          axis: "thousands of real tokens, 3 blocks", points: byTokens.map { ($0.x / 1000, $0.seconds) }),
        GrowthPlot.Series(axis: "blocks", points: byBlocks),
        GrowthPlot.Series(
          axis: "millions of rows that were read before",
          points: starts.map { (x: $0.x, seconds: $0.seconds) }, isLevel: true),
      ])
    try Output.write(plot.svg, to: path)
    for point in byTokens { try Output.line(String(format: "%7.0f tokens %8.3f s", point.x, point.seconds)) }
    for point in byBlocks { try Output.line(String(format: "%7.0f blocks %8.3f s", point.x, point.seconds)) }
    for point in starts {
      try Output.line(
        String(
          format: "%7.2f M rows  %7.3f s to read them, %.3f s to start again", point.x, point.reading,
          point.seconds))
    }
    try Output.line(path.description)
  }

  private func parse(_ count: String) throws -> Int {
    guard let value = Int(count), (0...100).contains(value) else {
      throw ValidationError("--blocks '\(count)': write numbers from 0 to 100")
    }
    return value
  }

  private func workload(_ mode: Workload.Mode, _ precision: TrainingOptions.Precision, _ blocks: Int)
    -> Workload
  {
    Workload(
      mode: mode, hidden: hidden, heads: heads, blocks: blocks, precision: precision,
      batches: ReviewLengths.batches(batches, batchSize: batchSize))
  }

  /// Seconds of a round, after one that warms up.
  private func median(_ work: Workload, _ device: Device) -> Double {
    let benchmark = EncoderBenchmark(work, device: device)
    _ = benchmark.round()
    return (0..<rounds).map { _ in benchmark.round() }.sorted()[rounds / 2]
  }

  private func measure(_ work: Workload, _ rate: Double, _ device: Device) throws {
    let seconds = median(work, device)
    let share = work.operations / seconds / rate
    let memory = Engine.peakMemoryBytes
    if json {
      return try Output.json([
        "mode": work.mode.rawValue, "precision": work.precision.rawValue, "hidden": hidden, "heads": heads,
        "blocks": work.blocks,
        "tokens": work.tokens, "seconds": seconds, "tokens_per_second": Double(work.tokens) / seconds,
        "matrix_rate_flops": rate, "share_of_matrix_rate": share,
        "peak_memory_bytes": memory as Any? ?? NSNull(),
      ])
    }
    try Output.line(
      work.mode.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)
        + work.precision.rawValue.padding(toLength: 11, withPad: " ", startingAt: 0)
        + String(
          format: "%6d %10.0f %9.3f %15.0f%%   %11@", work.blocks, Double(work.tokens) / seconds, seconds,
          share * 100,
          memory.map { String(format: "%.2f GB", Double($0) / 1e9) } ?? "–"))
  }
}
